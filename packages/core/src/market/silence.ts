import { fromHex, sha256Of, type AgentKey, type DurationMs, type Instant, type RecordId } from '@haggle/protocol'
import type { OfferedSkill } from '../command.ts'
import type { State } from '../state.ts'
import type { Turn } from '../turn.ts'
import type { Posted } from './board.ts'

/** A worker that lets others bid first. */
export interface Silence {
  readonly generation: number
  readonly until: Instant
}

/** MKT-25: peers that serve a skill, and so listen to its shard, over which its gossip reaches everybody who does. */
const ENOUGH_TO_PASS_ON = 4

/** MKT-25: how long we stay silent about an offer: not at all unless `maxBids` others with a free slot come before us. */
export function silenceMs(turn: Turn, posted: Posted): DurationMs {
  const leftMs = windowLeftMs(turn, posted)
  // Who stands before us is costly to say, and of no interest to whoever hears the offer late.
  if (leftMs <= 0) return 0
  const { maxBids } = posted.offer.body
  return placeFor(turn, posted, maxBids) < maxBids ? 0 : leftMs
}

/** MKT-26: the window began when the offer was made, and half of the time for bids is everybody's. */
function windowLeftMs(turn: Turn, { offer, reopening }: Posted): DurationMs {
  const { timers } = offer.body.terms
  const { at, bidUntil } = (reopening ?? offer).body
  const window = offer.body.mode === 'claim' ? timers.claimWindowMs : timers.bidWindowMs
  const shortened = Math.min(window, Math.floor((bidUntil - at) / 2))
  return Math.min(shortened, at + shortened - turn.now.wall)
}

/**
 * MKT-25: how many of these stand before us in the order that the hash of the task's newest call and a key gives, counted as far as
 * `limit`: everybody who hears an offer counts those who serve its skill, and most of the hashes decide nothing.
 */
export function placeAmong(self: AgentKey, others: readonly AgentKey[], call: RecordId, limit: number): number {
  const orderOf = orderOn(call)
  const own = orderOf(self)
  let place = 0
  for (const key of others) {
    if (place >= limit) return place
    if (compare(orderOf(key), own) < 0) place += 1
  }
  return place
}

/** MKT-25: how many others that are ready for this offer stand before us, up to `limit`; 0 where as many as stand before us may bid at once. */
export function placeFor(turn: Turn, { offer, reopening }: Posted, limit: number): number {
  const others = othersReady(turn, offer.author, offer.body.terms.skill)
  if (others.length < offer.body.maxBids) return 0
  return placeAmong(turn.state.self, others, (reopening ?? offer).id, limit)
}

/** MKT-25: of those that are to bid first on a call of ours, whom gossip may not reach: none where enough of our peers pass it on. */
export function calledDirectly(turn: Turn, call: RecordId, skill: string, count: number): readonly AgentKey[] {
  const { board, peers, self } = turn.state
  let passOn = 0
  for (const { author, body } of board.adverts()) if (peers.has(author) && names(body.skills, skill)) passOn += 1
  if (passOn >= ENOUGH_TO_PASS_ON) return []
  const orderOf = orderOn(call)
  const ready = othersReady(turn, self, skill).map((key) => ({ key, order: orderOf(key) }))
  const ordered = ready.toSorted((a, b) => compare(a.order, b.order))
  return ordered.slice(0, count).flatMap(({ key }) => (peers.has(key) ? [] : [key]))
}

/** Where a key stands on a call. */
function orderOn(call: RecordId): (key: AgentKey) => Uint8Array {
  const hashed = new Uint8Array(64)
  hashed.set(fromHex(call))
  return (key) => {
    hashed.set(fromHex(key), 32)
    return sha256Of(hashed)
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index])
  return (a[at] ?? 0) - (b[at] ?? 0)
}

function othersReady({ state, now }: Turn, requester: AgentKey, skill: string): AgentKey[] {
  const ready: AgentKey[] = []
  for (const { author, body } of state.board.adverts()) {
    if (author === requester || author === state.self || body.free === 0 || body.at + body.ttlMs <= now.wall) continue
    if (names(body.skills, skill)) ready.push(author)
  }
  return ready
}

function names(skills: readonly OfferedSkill[], skill: string): boolean {
  return skills.some(({ name }) => name === skill)
}

/** When the next silence ends. */
export function silenceEnds(state: State): Instant | null {
  let next: Instant | null = null
  for (const { until } of state.silent.values()) if (next === null || until < next) next = until
  return next
}
