import type { RecordId, ReopenReason } from '@haggle/protocol'
import { graceMs } from '../contract/timing.ts'
import { ofDeal } from '../deal/event-fields.ts'
import { NONCE_CHAIN_LENGTH } from '../market/nonce-chain.ts'
import { isLive, type Deal, type OwnTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { lostLease } from '../deal/challenge.ts'
import { award } from './award.ts'
import { candidatesOf } from './candidates.ts'
import { callOut } from './offer.ts'
import { isUntried } from '../deal/untried.ts'

/** Why, and by which record, a task goes to its next generation. */
export interface Ground {
  readonly reason: ReopenReason
  readonly proof: RecordId | null
}

/** LEASE-08: opens the next generation, with a reserve where one stands ready, else by calling the task out again. */
export function reopen(turn: Turn, task: OwnTask, ground: Ground): void {
  const generation = task.generation + 1
  const { timers, endBy, bidUntil } = task.job
  const window = Math.max(bidUntil - task.offer.body.at, timers.bidWindowMs)
  const until = Math.min(turn.now.wall + window, endBy)
  const record = turn.write('reopening', {
    at: turn.now.wall,
    task: task.task,
    generation,
    reason: ground.reason,
    proof: ground.proof,
    bidUntil: until,
    expires: until + graceMs(timers),
  })
  turn.notify({ event: 'reopened', at: turn.now.wall, task: task.task, generation, reason: ground.reason })
  const reserves = candidatesOf(turn, task).filter((bid) => turn.state.peers.has(bid.author))
  if (reserves.length > 0) award(turn, task, reserves)
  else callOut(turn, task, record)
}

/** Whether a further generation makes sense: attempts and time left, and the task still wanted. */
export function canReopen(turn: Turn, task: OwnTask): boolean {
  return (
    isLive(task) &&
    task.withdrawal === null &&
    task.generation < NONCE_CHAIN_LENGTH &&
    attemptsUsed(turn, task) < task.job.attempts &&
    turn.now.wall + graceMs(task.job.timers) < task.job.endBy
  )
}

/** MKT-17: an award that nobody tried uses up no attempt; the one that a judgement is about to leave behind does. */
function attemptsUsed(turn: Turn, task: OwnTask): number {
  return task.contracts.filter((id) => {
    const deal = turn.state.deals.get(id)
    return deal !== undefined && !isUntried(deal)
  }).length
}

/** LEASE-10: our own judgement that a worker abandoned its lease: only beside somebody who stands ready. */
export function reopenByJudgement(turn: Turn, task: OwnTask, deal: Deal): void {
  turn.persist({ kind: 'alleged', at: turn.now.wall, contract: deal.id, party: deal.peer, fault: 'ABANDONED' })
  turn.notify({ event: 'alleged', ...ofDeal(turn, deal), party: deal.peer, fault: 'ABANDONED' })
  reopen(turn, task, { reason: 'judgement', proof: null })
}

/** LEASE-14: the panel certifies that the worker gave no sign of life: the task goes on without anybody's judgement. */
export function reopenByCertificate(turn: Turn, task: OwnTask, deal: Deal): void {
  const lost = lostLease(deal)
  if (lost !== null) reopen(turn, task, { reason: 'certificate', proof: lost })
}
