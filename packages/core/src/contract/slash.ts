import type { HaggleRecord, MicroCredits, Outcome, Timestamp } from '@haggle/protocol'
import { isBound } from './bound.ts'
import { certificateOf } from './certificates.ts'
import { endByReopening, type Convicting } from './certified-end.ts'
import { dutyStage, type Contract } from './contract.ts'
import { mulDiv } from './integer.ts'
import { weigh } from './missed.ts'
import { slotAfter } from './slots.ts'
import { anchorOf, dueAfter, graceMs, lateWindowMs } from './timing.ts'

/**
 * CON-33: what an outcome costs its party, in micro-credits; 0 where nobody is at fault. Every division rounds down. `by` is the record
 * that it rests on where no entry ended the contract: the reopening.
 */
export function slashOf(contract: Contract, outcome: Outcome, by: HaggleRecord | null = null): MicroCredits {
  if (outcome.party === null || outcome.fault === null) return 0
  const { stage } = contract
  const cause = stage.kind === 'ended' ? stage.by : by
  if (cause === null) return 0
  switch (outcome.fault) {
    case 'BAD':
    case 'CONCEDE':
      return milestoneStake(contract, milestoneOf(cause))
    case 'WITHDRAW':
      return cause.type === 'withdraw' ? withdrawalSlash(contract, cause) : 0
    case 'SILENT_REVIEW':
      return silenceSlash(contract)
    case 'LATE':
    case 'NO_DELIVERY':
    case 'ABANDONED':
      return missedSlash(contract, cause)
    case 'FALSE_REJECT':
    case 'FALSE_ASK':
    case 'FORGED_GENERATION':
    case 'FORK':
    case 'SIGNED_BREACH':
      return stakeOf(contract, outcome.party)
  }
}

/** VER-06: a silent review costs a quarter of what the requester staked. */
export function silenceSlash(contract: Contract): MicroCredits {
  return Math.floor(contract.award.body.terms.stakeRequester / 4)
}

function missedSlash(contract: Contract, by: HaggleRecord): MicroCredits {
  if (by.type === 'reopening') {
    const end = endByReopening(contract, by)
    return end === null ? 0 : slashOfMissed(contract, end.milestone, end.missed)
  }
  const parent = by.type === 'timeout' ? contract.nodes.get(by.body.prev) : undefined
  const missed = parent === undefined ? null : weigh(contract, parent)
  if (missed === null || missed.kind === 'met' || missed.kind === 'undecided') return 0
  return slashOfMissed(contract, milestoneOf(by), missed)
}

/**
 * VER-06: what a worker that missed its duty loses of the stake s of its milestone: all of it, and for a delivery that was late by x of
 * the window L s · 850 · x / (1000 · L). The window begins where TIMELY ends, at due + G.
 */
export function slashOfMissed(contract: Contract, milestone: number, missed: Convicting): MicroCredits {
  const stake = milestoneStake(contract, milestone)
  if (missed.kind === 'absent') return stake
  const { timers, milestones } = contract.award.body.terms
  const window = lateWindowMs(milestones[milestone]?.durationMs ?? 0, timers)
  const from = (missed.absent.due ?? 0) + graceMs(timers)
  const late = Math.min(Math.max(missed.late.at - from, 0), window)
  return window === 0 ? 0 : mulDiv(stake, 850 * late, 1_000 * window)
}

/** All that one party has at risk in this contract. */
export function stakeOf(contract: Contract, party: Outcome['party']): MicroCredits {
  const { stakeRequester, stakeWorker } = contract.award.body.terms
  if (party === contract.requester) return stakeRequester
  return party === contract.worker ? stakeWorker : 0
}

/** The part of the worker's stake that stands on one milestone: stake · valuePermille / 1000, rounded down. */
export function milestoneStake(contract: Contract, milestone: number): MicroCredits {
  const { stakeWorker, milestones } = contract.award.body.terms
  return mulDiv(stakeWorker, milestones[milestone]?.valuePermille ?? 0, 1_000)
}

/**
 * CON-34: a withdrawal at elapsed `e` permille costs s · (100 + 750 · e / 1000) / 1000, each division rounded down: more than
 * any decline, less than the failure it announces. It is free where the worker was not bound.
 */
export function withdrawalSlash(contract: Contract, withdrawal: HaggleRecord<'withdraw'>): MicroCredits {
  if (!isBound(contract)) return 0
  const elapsed = elapsedPermille(contract, withdrawal)
  const share = 100 + Math.floor((750 * elapsed) / 1_000)
  return mulDiv(milestoneStake(contract, withdrawal.body.milestone), share, 1_000)
}

/** How much of the milestone's time was gone when the other side got the withdrawal: 0 to 1000. */
function elapsedPermille(contract: Contract, withdrawal: HaggleRecord<'withdraw'>): number {
  const parent = contract.nodes.get(withdrawal.body.prev)
  if (parent === undefined) return 0
  const stage = dutyStage(contract, parent)
  const due = dueAfter(contract, parent.entry, stage)?.due
  const anchor = anchorOf(contract, parent.entry, stage)
  // With a panel a clock may never have run: then nothing of its time is gone.
  if (due === undefined || anchor === null) return 0
  const span = due - anchor
  if (span <= 0) return 1_000
  const gone = Math.min(Math.max(withdrawnAt(contract, withdrawal) - anchor, 0), span)
  return Math.floor((gone * 1_000) / span)
}

/**
 * CON-35: the earliest receipt says when, or the panel where that had it sooner; without either the worker's own time. Never before the newest thing that the worker
 * signed otherwise: nobody back-dates a withdrawal below what it has said itself.
 */
function withdrawnAt(contract: Contract, withdrawal: HaggleRecord<'withdraw'>): Timestamp {
  const receipts: Timestamp[] = []
  let newest = 0
  for (const note of contract.notes) {
    if (note.type === 'receipt' && note.body.entry === withdrawal.id) receipts.push(note.body.at)
    else if (note.author === contract.worker) newest = Math.max(newest, note.body.at)
  }
  for (const { entry } of contract.nodes.values()) {
    if (entry.author === contract.worker && entry.id !== withdrawal.id) newest = Math.max(newest, entry.body.at)
  }
  const parent = contract.nodes.get(withdrawal.body.prev)
  const slot = parent === undefined ? null : slotAfter(contract, parent)
  const arrivals = slot === null ? [] : (certificateOf(contract, slot)?.timely ?? [])
  for (const { names, at } of arrivals) if (names === withdrawal.id) receipts.push(at)
  const at = receipts.length > 0 ? Math.min(...receipts) : withdrawal.body.at
  return Math.max(at, newest)
}

function milestoneOf(entry: HaggleRecord): number {
  return 'milestone' in entry.body ? entry.body.milestone : 0
}
