import type { AgentKey, DurationMs, Instant, RecordId, SlotDuty, Timestamp } from '@haggle/protocol'
import type { Now } from '../input.ts'

/** What the terms and the file say about one slot. The due may move while the file grows, so it is asked for at every step. */
export interface SlotRules {
  readonly duty: SlotDuty
  readonly due: Timestamp
  readonly graceMs: DurationMs
  readonly echoWaitMs: DurationMs
  /** 0 where nothing can be late: an opening, a lease. */
  readonly lateMs: DurationMs
  readonly askWindowMs: DurationMs
  readonly answerMs: DurationMs
  readonly echo: number
  readonly exposureUntil: Timestamp
}

/** A record that meets the duty of a slot, as it came to one witness. */
export interface Arrival {
  /** When the record came, by the own wall clock; its bytes may follow. */
  readonly at: Timestamp
  /** The bytes are in time until then. */
  readonly bytesBy: Instant
  heldAt: Instant | null
  /** A party brought it, and not only another member. */
  pushed: boolean
  /** The asker has receipted it, or linked to it. */
  acknowledged: boolean
}

/** The one ask, or challenge, that a witness took for a slot. */
export interface Asked {
  readonly id: RecordId
  /** When it came, by the own wall clock. */
  readonly at: Timestamp
  decideAt: Instant
  /** The wait is not over yet. */
  open: boolean
}

/**
 * What one witness knows of one slot: its own votes, which it never forgets, and what it saw, which it may. Changed in place by
 * the functions below and by nothing else.
 */
export interface SlotMemory {
  main: 'timely' | 'absent' | null
  late: boolean
  readonly arrivals: Map<RecordId, Arrival>
  /** By record: the members whose TIMELY was seen. */
  readonly echoes: Map<RecordId, Set<AgentKey>>
  asked: Asked | null
}

/** What the witness knows beside the slot. */
export interface Sight {
  /** TIME-26: false while the own clock is in doubt. */
  readonly mayVote: boolean
  /** WIT-19: this witness ran, with another member connected, all through this span of its wall clock. */
  readonly wasPresent: (from: Timestamp, until: Timestamp) => boolean
  /** WIT-21: an own ABSENT on a lease of this milestone stands against a TIMELY for its delivery. */
  readonly isBarred: boolean
  /** WIT-22: what is held of the milestone that a challenge asks for, bytes included. */
  readonly answer: RecordId | null
}

/** One vote to sign: what it names, and its time. */
export interface Ballot {
  readonly verdict: 'timely' | 'late' | 'absent'
  readonly names: RecordId
  readonly at: Timestamp
}

/** What became of an ask or a challenge. `voted`: the stored vote is the answer. */
export type AskAnswer = 'taken' | 'known' | 'voted' | 'early' | 'too-late'

/** A slot of which nothing was seen yet. */
export function newSlot(): SlotMemory {
  return { main: null, late: false, arrivals: new Map(), echoes: new Map(), asked: null }
}

/**
 * WIT-14: the moment of a record is its first arrival, whoever brought it and whatever it still waits for; its bytes must follow
 * within their transfer. `transferMs` null: it names none.
 */
export function noteArrival(
  slot: SlotMemory,
  record: RecordId,
  { at, mono, pushed, transferMs }: { at: Timestamp; mono: Instant; pushed: boolean; transferMs: DurationMs | null },
): void {
  const known = slot.arrivals.get(record)
  if (known !== undefined) {
    known.pushed ||= pushed
    return
  }
  slot.arrivals.set(record, {
    ...{ at, bytesBy: mono + (transferMs ?? 0), heldAt: transferMs === null ? mono : null },
    ...{ pushed, acknowledged: false },
  })
}

/** The bytes that a record names are here. */
export function noteBytes(slot: SlotMemory, record: RecordId, mono: Instant): void {
  const known = slot.arrivals.get(record)
  if (known !== undefined) known.heldAt ??= mono
}

/** The asker's own receipt for a record, or an entry of its that links to it. */
export function noteAcknowledged(slot: SlotMemory, record: RecordId): void {
  const known = slot.arrivals.get(record)
  if (known !== undefined) known.acknowledged = true
}

/** Another member's TIMELY for a record. */
export function noteEcho(slot: SlotMemory, by: AgentKey, record: RecordId): void {
  const known = slot.echoes.get(record)
  if (known === undefined) slot.echoes.set(record, new Set([by]))
  else known.add(by)
}

/**
 * WIT-16: an ask is taken from due + G + echoWait until due + G + L + askWindow, and is void when its own date lies before that; none
 * is dated after exposureUntil - echoWait - G. One that comes before the own clock gets there waits for it.
 */
export function takeAsk(slot: SlotMemory, rules: SlotRules, ask: { id: RecordId; at: Timestamp }, now: Now): AskAnswer {
  const { due, graceMs, echoWaitMs, lateMs, askWindowMs, exposureUntil } = rules
  const from = due + graceMs + echoWaitMs
  if (ask.at < from) return 'early'
  if (now.wall > due + graceMs + lateMs + askWindowMs) return 'too-late'
  if (ask.at > exposureUntil - echoWaitMs - graceMs) return 'too-late'
  if (slot.main !== null) return 'voted'
  if (slot.asked !== null) return 'known'
  const decideAt = now.mono + Math.max(0, from - now.wall) + echoWaitMs
  slot.asked = { id: ask.id, at: now.wall, decideAt, open: true }
  return 'taken'
}

/** WIT-20: a challenge is forwarded and waited for on the own monotonic clock; whether it came before the due is the caller's question. */
export function takeChallenge(slot: SlotMemory, rules: SlotRules, challenge: RecordId, now: Now): AskAnswer {
  if (slot.main !== null) return 'voted'
  if (slot.asked !== null) return 'known'
  slot.asked = { id: challenge, at: now.wall, decideAt: now.mono + rules.answerMs, open: true }
  return 'taken'
}

/** What is to be signed now: at most one vote in the slot and one in its late sub-slot. The caller signs and keeps them first of all. */
export function decideSlot(slot: SlotMemory, rules: SlotRules, now: Now, sight: Sight): readonly Ballot[] {
  // WIT-24: no vote is signed after exposureUntil: every pledge has ended, and nothing may change any more.
  if (!sight.mayVote || now.wall > rules.exposureUntil) return []
  const main = slot.main === null ? mainBallot(slot, rules, now, sight) : null
  const isMet = (slot.main ?? main?.verdict) === 'timely'
  const late = isMet || slot.late ? null : lateBallot(slot, rules)
  return [main, late].filter((ballot) => ballot !== null)
}

/** When an open ask has to be decided; null when none waits. */
export function decisionDue(slot: SlotMemory): Instant | null {
  return slot.main === null && slot.asked?.open === true ? slot.asked.decideAt : null
}

function mainBallot(slot: SlotMemory, rules: SlotRules, now: Now, sight: Sight): Ballot | null {
  if (rules.duty === 'lease') return leaseBallot(slot, rules, now, sight)
  // WIT-17: who receipted a record, or linked to it, cannot ask for it; this lifts the bar of a lease as well.
  for (const [names, { at, acknowledged }] of slot.arrivals) if (acknowledged) return { verdict: 'timely', names, at }
  const met = [...slot.arrivals].find(([names, arrival]) => isTimely(slot, rules, names, arrival))
  if (met !== undefined && !sight.isBarred) return { verdict: 'timely', names: met[0], at: met[1].at }
  const { asked } = slot
  if (asked?.open !== true || asked.decideAt > now.mono) return null
  const awaited = bytesAwaited(slot, rules, now)
  if (awaited !== null) {
    asked.decideAt = awaited
    return null
  }
  asked.open = false
  // WIT-21: a barred witness that holds the record says neither: ABSENT would be a lie.
  if (met !== undefined) return null
  const { due, graceMs } = rules
  return sight.wasPresent(due - graceMs, due + graceMs) ? { verdict: 'absent', names: asked.id, at: now.wall } : null
}

/**
 * WIT-15: it came by due + G and its bytes in time, or f + 1 members say so and the bytes are here: at least one of them is
 * honest and saw it, and whoever is asked for the bytes later can give them.
 */
function isTimely(slot: SlotMemory, rules: SlotRules, names: RecordId, { at, heldAt, bytesBy }: Arrival): boolean {
  if (heldAt === null) return false
  if (at <= rules.due + rules.graceMs && heldAt <= bytesBy) return true
  return (slot.echoes.get(names)?.size ?? 0) >= rules.echo
}

/** WIT-14: until when the bytes of a record that came in time may still come; null when none are under way. */
function bytesAwaited(slot: SlotMemory, rules: SlotRules, now: Now): Instant | null {
  let until: Instant | null = null
  for (const { at, heldAt, bytesBy } of slot.arrivals.values()) {
    if (heldAt !== null || at > rules.due + rules.graceMs || bytesBy <= now.mono) continue
    until = Math.max(until ?? 0, bytesBy)
  }
  return until
}

/** WIT-20: a sign of life within `answer`, or what is held of the milestone; else ABSENT, from who was there all the while. */
function leaseBallot(slot: SlotMemory, { answerMs }: SlotRules, now: Now, sight: Sight): Ballot | null {
  const { asked } = slot
  if (asked === null) return null
  if (sight.answer !== null) return { verdict: 'timely', names: sight.answer, at: now.wall }
  if (!asked.open) return null
  const [alive] = slot.arrivals
  if (alive !== undefined) return { verdict: 'timely', names: alive[0], at: alive[1].at }
  if (asked.decideAt > now.mono) return null
  asked.open = false
  if (!sight.wasPresent(asked.at, asked.at + answerMs)) return null
  return { verdict: 'absent', names: asked.id, at: now.wall }
}

/**
 * WIT-18: what a party brought after due + G and within the late window has a vote of its own beside the other one. A copy that
 * another member passed on does not count: its bringer was not late.
 */
function lateBallot(slot: SlotMemory, { due, graceMs, lateMs }: SlotRules): Ballot | null {
  const end = due + graceMs
  for (const [names, { at, heldAt, bytesBy, pushed }] of slot.arrivals) {
    const isHeld = pushed && heldAt !== null && heldAt <= bytesBy
    if (isHeld && at > end && at <= end + lateMs) return { verdict: 'late', names, at }
  }
  return null
}
