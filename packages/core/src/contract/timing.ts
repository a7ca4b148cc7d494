// Profiles are part of the vocabulary of time; they stand in a file of their own for their size.
export { profiles } from './profiles.ts'
export type { ProfileName } from './profiles.ts'
import {
  limits,
  type AgentKey,
  type DurationMs,
  type Duty,
  type HaggleRecord,
  type Terms,
  type Timers,
  type Timestamp,
} from '@haggle/protocol'
import { penAfter, type Contract, type EntryRecord, type Stage } from './contract.ts'

/** A late window is never longer than this, except where leases are longer too (the human profile). */
const LATE_WINDOW_MAX_MS = 60_000
/** A default lease is never longer than this: silence is noticed within a minute. */
const DEFAULT_LEASE_MAX_MS = 60_000

/** TIME-10: G = 2ε + δ, how much later than its due something may arrive and still count as in time. */
export function graceMs(timers: Timers): DurationMs {
  return 2 * timers.epsilonMs + timers.deltaMs
}

/** TIME-11: ack = 2δ, within which a record is receipted or answered. */
export function ackMs(timers: Timers): DurationMs {
  return 2 * timers.deltaMs
}

/** TIME-12: answer = 3δ, how long a witness waits for the accused. */
export function answerMs(timers: Timers): DurationMs {
  return 3 * timers.deltaMs
}

/** TIME-13: askWindow = 10 leases, how long a certificate may still be asked for. */
export function askWindowMs(timers: Timers): DurationMs {
  return 10 * timers.leaseMs
}

/** TIME-14: late window L = duration / 4, rounded down, at most 60 s; where the lease itself is longer than that, no cap holds. */
export function lateWindowMs(durationMs: DurationMs, timers: Timers): DurationMs {
  const quarter = Math.floor(durationMs / 4)
  return timers.leaseMs > LATE_WINDOW_MAX_MS ? quarter : Math.min(quarter, LATE_WINDOW_MAX_MS)
}

/** TIME-15: rework = duration / 2, rounded down, at least the review minimum. */
export function reworkMs(durationMs: DurationMs, timers: Timers): DurationMs {
  return Math.max(Math.floor(durationMs / 2), timers.reviewMinMs)
}

/** TIME-16: transfer(size) = size / rate, rounded up to whole milliseconds. */
export function transferMs(sizeBytes: number, timers: Timers): DurationMs {
  return Math.ceil((sizeBytes * 1_000) / timers.rateBytesPerSecond)
}

/** TIME-17: review window = 2 leases + 3 transfers of the result + half the planned duration, at least the review minimum. */
export function reviewMs(durationMs: DurationMs, sizeBytes: number, timers: Timers): DurationMs {
  const planned = 2 * timers.leaseMs + 3 * transferMs(sizeBytes, timers) + Math.floor(durationMs / 2)
  return Math.max(planned, timers.reviewMinMs)
}

/** TIME-18: until when an award may be accepted: the accept window, and time to fetch the whole input three times. */
export function acceptDue(award: HaggleRecord<'award'>): Timestamp {
  const { at, terms } = award.body
  return at + terms.timers.acceptMs + 3 * transferMs(terms.input.size, terms.timers)
}

/**
 * TIME-19: the end of every pledge: latest due + G + L + askWindow. The latest due lets every revision of the last milestone
 * be delivered, reviewed and reworked at its own end, with a result of the largest size that a contract may carry.
 */
export function exposureUntil(terms: Terms): Timestamp {
  const { timers, revisions, milestones } = terms
  const longest = Math.max(...milestones.map((milestone) => milestone.durationMs))
  const hop = ackMs(timers) + graceMs(timers)
  const reviews = (revisions + 1) * (reviewMs(longest, limits.blobBytes, timers) + hop)
  const reworks = revisions * (reworkMs(longest, timers) + hop)
  const latestDue = terms.endBy + reviews + reworks
  return latestDue + graceMs(timers) + lateWindowMs(longest, timers) + askWindowMs(timers)
}

/** TIME-20: working time / 20, at most 60 s, at least the profile's lease. */
export function defaultLeaseMs(workingMs: DurationMs, profileLeaseMs: DurationMs): DurationMs {
  return Math.max(profileLeaseMs, Math.min(Math.floor(workingMs / 20), DEFAULT_LEASE_MAX_MS))
}

/** What the pen-holder owes, and by when. */
export interface DueDuty {
  readonly duty: 'accept' | Duty
  readonly due: Timestamp
}

/** A contract is a value, and its due is asked for at every tick of a clock: found out once for each. */
const dues = new WeakMap<Contract, DueDuty | null>()

/** The duty whose clock runs now, or null: nobody owes anything once the contract is over or a timeout stands. */
export function dueOf(contract: Contract): DueDuty | null {
  const known = dues.get(contract)
  if (known !== undefined) return known
  const due = dueAfter(contract, contract.entries.at(-1) ?? contract.award, contract.stage)
  dues.set(contract, due)
  return due
}

/** TIME-21: the duty that `entry` gave, where `stage` is the stage right after it. */
export function dueAfter(contract: Contract, entry: EntryRecord, stage: Stage): DueDuty | null {
  if (stage.kind === 'awaiting-accept') return { duty: 'accept', due: acceptDue(contract.award) }
  const duty = dutyOf(stage)
  if (duty === null) return null
  return { duty, due: endOfDuty(contract, stage, anchorOf(contract, entry, stage)) }
}

/** TIME-22: a due never lies before this, whatever receipts are still to come: the bound for a TIMEOUT's own time. */
export function earliestDueAfter(contract: Contract, entry: EntryRecord, stage: Stage): Timestamp {
  const { timers } = contract.award.body.terms
  const anchor = isFirstWork(stage) ? contract.award.body.at : entry.body.at - 2 * timers.epsilonMs
  return endOfDuty(contract, stage, anchor)
}

/** The duty of a stage that a TIMEOUT can end. */
export function dutyOf(stage: Stage): Duty | null {
  switch (stage.kind) {
    case 'working':
      return 'delivery'
    case 'awaiting-review':
      return 'review'
    case 'rejected':
      return 'rework'
    case 'awaiting-accept':
    case 'timed-out':
    case 'ended':
      return null
  }
}

/**
 * TIME-23: when the clock of a duty began. The award's time for the first milestone; else the new holder's receipt or
 * linking entry, if its time lies within [entry.at - 2ε, entry.at + 2ε + ack]; else, without a panel, the sender's time + ack.
 */
export function anchorOf(contract: Contract, entry: EntryRecord, stage: Stage): Timestamp {
  if (isFirstWork(stage)) return contract.award.body.at
  const { timers } = contract.award.body.terms
  const holder = penAfter(contract, stage)
  const from = entry.body.at - 2 * timers.epsilonMs
  const until = entry.body.at + 2 * timers.epsilonMs + ackMs(timers)
  const plausible = receiptTimes(contract, entry, holder).filter((at) => at >= from && at <= until)
  return plausible.length > 0 ? Math.min(...plausible) : entry.body.at + ackMs(timers)
}

function receiptTimes(contract: Contract, entry: EntryRecord, holder: AgentKey | null): Timestamp[] {
  const times: Timestamp[] = []
  for (const note of contract.notes) {
    if (note.type === 'receipt' && note.author === holder && note.body.entry === entry.id) times.push(note.body.at)
  }
  for (const { entry: next } of contract.nodes.values()) {
    if (next.author === holder && next.body.prev === entry.id) times.push(next.body.at)
  }
  return times
}

function isFirstWork(stage: Stage): boolean {
  return stage.kind === 'working' && stage.milestone === 0
}

function endOfDuty(contract: Contract, stage: Stage, anchor: Timestamp): Timestamp {
  const { terms } = contract.award.body
  const durationMs = 'milestone' in stage ? (terms.milestones[stage.milestone]?.durationMs ?? 0) : 0
  if (stage.kind === 'awaiting-review') {
    const size = stage.answer.type === 'deliver' ? stage.answer.body.size : 0
    return anchor + reviewMs(durationMs, size, terms.timers)
  }
  if (stage.kind === 'rejected') return anchor + reworkMs(durationMs, terms.timers)
  return Math.min(anchor + durationMs, terms.endBy)
}

/**
 * TIME-30: whether what was begun at one moment and lasts until another still runs. What a clock ahead of its time began
 * does not last until the clock gets there again.
 */
export function stillRuns(began: Timestamp, until: Timestamp, wall: Timestamp): boolean {
  return until > wall && until - wall <= 2 * (until - began)
}
