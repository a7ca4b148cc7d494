import type { MicroCredits, Outcome, Timestamp } from '@haggle/protocol'
import { mulDiv } from './integer.ts'
import { isBound, type Contract, type EntryRecord } from './contract.ts'
import { anchorOf, dueAfter } from './timing.ts'

/** CON-33: what an outcome costs its party, in micro-credits; 0 where nobody is at fault. Every division rounds down. */
export function slashOf(contract: Contract, outcome: Outcome): MicroCredits {
  if (outcome.party === null || outcome.fault === null) return 0
  const { stage } = contract
  const by = stage.kind === 'ended' ? stage.by : null
  switch (outcome.fault) {
    case 'BAD':
    case 'CONCEDE':
      return by === null ? 0 : milestoneStake(contract, milestoneOf(by))
    case 'WITHDRAW':
      return by === null ? 0 : withdrawalSlash(contract, by)
    case 'FALSE_REJECT':
    case 'FALSE_ASK':
    case 'FORGED_GENERATION':
    case 'FORK':
    case 'SIGNED_BREACH':
      return stakeOf(contract, outcome.party)
    case 'LATE':
    case 'NO_DELIVERY':
    case 'ABANDONED':
    case 'SILENT_REVIEW':
      // These need a certificate, and without a panel there is none.
      return 0
  }
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
export function withdrawalSlash(contract: Contract, withdrawal: EntryRecord): MicroCredits {
  if (withdrawal.type !== 'withdraw' || !isBound(contract)) return 0
  const elapsed = elapsedPermille(contract, withdrawal)
  const share = 100 + Math.floor((750 * elapsed) / 1_000)
  return mulDiv(milestoneStake(contract, withdrawal.body.milestone), share, 1_000)
}

/** How much of the milestone's time was gone when the other side got the withdrawal: 0 to 1000. */
function elapsedPermille(contract: Contract, withdrawal: EntryRecord & { type: 'withdraw' }): number {
  const parent = contract.nodes.get(withdrawal.body.prev)
  if (parent === undefined) return 0
  const due = dueAfter(contract, parent.entry, parent.stage)?.due ?? 0
  const anchor = anchorOf(contract, parent.entry, parent.stage)
  const span = due - anchor
  if (span <= 0) return 1_000
  const gone = Math.min(Math.max(withdrawnAt(contract, withdrawal) - anchor, 0), span)
  return Math.floor((gone * 1_000) / span)
}

/**
 * CON-35: the earliest receipt says when; without one the worker's own time. Never before the newest thing that the worker
 * signed otherwise: nobody back-dates a withdrawal below what it has said itself.
 */
function withdrawnAt(contract: Contract, withdrawal: EntryRecord): Timestamp {
  const receipts: Timestamp[] = []
  let newest = 0
  for (const note of contract.notes) {
    if (note.type === 'receipt' && note.body.entry === withdrawal.id) receipts.push(note.body.at)
    else if (note.author === contract.worker) newest = Math.max(newest, note.body.at)
  }
  for (const { entry } of contract.nodes.values()) {
    if (entry.author === contract.worker && entry.id !== withdrawal.id) newest = Math.max(newest, entry.body.at)
  }
  const at = receipts.length > 0 ? Math.min(...receipts) : withdrawal.body.at
  return Math.max(at, newest)
}

function milestoneOf(entry: EntryRecord): number {
  return 'milestone' in entry.body ? entry.body.milestone : 0
}
