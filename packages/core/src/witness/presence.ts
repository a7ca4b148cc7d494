import { bounds, type AgentKey, type Timestamp } from '@haggle/protocol'
import type { State } from '../state.ts'

/** One connection with a peer, by the own wall clock; `until` null: it lasts. */
export interface Span {
  readonly from: Timestamp
  until: Timestamp | null
}

/** Connections remembered of one peer: a window to ask lasts minutes, and who comes and goes more often is no proof of anything. */
const SPANS = 8

/** WIT-19: with whom we were connected, and when. Soft: who restarts knows nothing of before. */
export function noteUp({ presence }: State, peer: AgentKey, wall: Timestamp): void {
  const spans = presence.get(peer) ?? []
  // The peers that came last stand last: the first one leaves when there are too many.
  presence.delete(peer)
  presence.set(peer, spans)
  if (spans.at(-1)?.until !== null) spans.push({ from: wall, until: null })
  if (spans.length > SPANS) spans.shift()
  for (const oldest of presence.keys()) {
    if (presence.size <= bounds.peersInPresence) return
    presence.delete(oldest)
  }
}

export function noteDown({ presence }: State, peer: AgentKey, wall: Timestamp): void {
  const last = presence.get(peer)?.at(-1)
  if (last !== undefined) last.until ??= wall
}

/** Times of a clock that is in doubt are none: everything begins anew. */
export function forgetPresence({ presence, peers }: State, wall: Timestamp): void {
  presence.clear()
  for (const peer of peers) presence.set(peer, [{ from: wall, until: null }])
}

/** Whether one of these peers was connected all through a span. */
export function wasWith(
  { presence }: State,
  isOne: (peer: AgentKey) => boolean,
  from: Timestamp,
  until: Timestamp,
): boolean {
  for (const [peer, spans] of presence) {
    if (!isOne(peer)) continue
    if (spans.some((span) => span.from <= from && (span.until === null || span.until >= until))) return true
  }
  return false
}
