// Profiles and windows are part of the vocabulary of time; they stand in files of their own for their size.
export { profiles } from './profiles.ts'
export type { ProfileName } from './profiles.ts'
export {
  acceptDue,
  ackMs,
  answerMs,
  askWindowMs,
  defaultLeaseMs,
  echoWaitMs,
  exposureUntil,
  graceMs,
  lastAsk,
  lateWindowMs,
  reviewMs,
  reworkMs,
  transferMs,
} from './windows.ts'
import type { AgentKey, Duty, Slot, Timestamp } from '@haggle/protocol'
import { certifiedArrival } from './certificates.ts'
import { dutyStage, hasPanel, penAfter, type Contract, type EntryRecord, type Stage } from './contract.ts'
import { dutyOf, slotAfter } from './slots.ts'
import { acceptDue, ackMs, graceMs, reviewMs, reworkMs } from './windows.ts'

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

/**
 * Until when the pen-holder has time if it takes the pen now: with a panel no clock runs before its receipt (TIME-23), and whoever is to
 * work need not wait for that. Never later than the due that its receipt will make.
 */
export function dueFromNow(contract: Contract, now: Timestamp): Timestamp | null {
  const known = dueOf(contract)
  if (known !== null) return known.due
  return dutyOf(contract.stage) === null ? null : endOfDuty(contract, contract.stage, now)
}

/** The due of a slot: what a vote on it is about. Null where no clock runs for it, and for a lease, whose challenge has its own. */
export function dueOfSlot(contract: Contract, slot: Slot): Timestamp | null {
  const node = contract.nodes.get(slot.entry)
  if (node === undefined || slot.duty === 'lease') return null
  // The opening is due at accept + G.
  if (slot.duty === 'opening') return acceptDue(contract.award) + graceMs(contract.award.body.terms.timers)
  const due = dueAfter(contract, node.entry, dutyStage(contract, node))
  return due?.duty === slot.duty ? due.due : null
}

/** TIME-21: the duty that `entry` gave, where `stage` is the stage right after it. */
export function dueAfter(contract: Contract, entry: EntryRecord, stage: Stage): DueDuty | null {
  if (stage.kind === 'awaiting-accept') return { duty: 'accept', due: acceptDue(contract.award) }
  const duty = dutyOf(stage)
  const anchor = duty === null ? null : anchorOf(contract, entry, stage)
  return duty === null || anchor === null ? null : { duty, due: endOfDuty(contract, stage, anchor) }
}

/** TIME-22: a due never lies before this, whatever receipts are still to come: the bound for a TIMEOUT's own time. */
export function earliestDueAfter(contract: Contract, entry: EntryRecord, stage: Stage): Timestamp {
  const { timers } = contract.award.body.terms
  const anchor = isFirstWork(stage) ? contract.award.body.at : entry.body.at - 2 * timers.epsilonMs
  return endOfDuty(contract, stage, anchor)
}

/**
 * TIME-23: when the clock of a duty began. The award's time for the first milestone; else the new holder's receipt or linking entry,
 * if its time lies within [entry.at - 2ε, entry.at + 2ε + ack]; else, without a panel, the sender's time + ack. With a panel it is
 * then what the panel certifies + G, and without a certificate no clock runs: null.
 */
export function anchorOf(contract: Contract, entry: EntryRecord, stage: Stage): Timestamp | null {
  if (isFirstWork(stage)) return contract.award.body.at
  const { timers } = contract.award.body.terms
  const holder = penAfter(contract, stage)
  const from = entry.body.at - 2 * timers.epsilonMs
  const until = entry.body.at + 2 * timers.epsilonMs + ackMs(timers)
  const plausible = receiptTimes(contract, entry, holder).filter((at) => at >= from && at <= until)
  if (plausible.length > 0) return Math.min(...plausible)
  if (!hasPanel(contract)) return entry.body.at + ackMs(timers)
  const arrival = certified(contract, entry)
  // TIME-22: nothing came before it was sent, whatever a panel dates it.
  return arrival === null ? null : Math.max(arrival, from) + graceMs(timers)
}

function certified(contract: Contract, entry: EntryRecord): Timestamp | null {
  const parent = entry.type === 'award' ? undefined : contract.nodes.get(entry.body.prev)
  const slot = parent === undefined ? null : slotAfter(contract, parent)
  return slot === null ? null : certifiedArrival(contract, slot, entry)
}

function receiptTimes(contract: Contract, entry: EntryRecord, holder: AgentKey | null): Timestamp[] {
  // Who took the pen by a TIMEOUT of its own needs no receipt for it.
  const times: Timestamp[] = entry.author === holder ? [entry.body.at] : []
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
