import type { AgentKey, DurationMs } from '@haggle/protocol'
import { stillRuns } from '../contract/timing.ts'
import type { State } from '../state.ts'
import type { Turn } from '../turn.ts'

/** First silence of a peer keeps us from asking it for this long; each further one doubles it. */
const FIRST_MS: DurationMs = 5_000
const LONGEST_MS: DurationMs = 3_600_000

/** MKT-14: silence doubles the cool-down of a (peer, skill); it costs no score. */
export function coolDown(turn: Turn, peer: AgentKey, skill: string): void {
  const strikes = (turn.state.coolDowns.get(`${peer}/${skill}`)?.strikes ?? 0) + 1
  const span = Math.min(FIRST_MS * 2 ** (strikes - 1), LONGEST_MS)
  turn.persist({ kind: 'cool-down', at: turn.now.wall, peer, skill, until: turn.now.wall + span, strikes })
}

/** MKT-15: a decline cuts the cool-down to what the peer itself asked for. */
export function coolDownAsAsked(turn: Turn, peer: AgentKey, skill: string, retryAfterMs: DurationMs): void {
  const until = turn.now.wall + Math.min(retryAfterMs, LONGEST_MS)
  turn.persist({ kind: 'cool-down', at: turn.now.wall, peer, skill, until, strikes: 0 })
}

export function isCooling(state: State, peer: AgentKey, skill: string, wall: number): boolean {
  const held = state.coolDowns.get(`${peer}/${skill}`)
  if (held === undefined) return false
  return stillRuns(held.at, held.until, wall)
}
