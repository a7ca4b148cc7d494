import { isOpened } from '../contract/contract.ts'
import { askForReview } from '../requester/review.ts'
import { grantLease } from '../requester/lease.ts'
import { awaitsOpening, expectOpening, mayOpen } from '../requester/opening.ts'
import { askToCancel } from '../requester/cancel.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { startBeating } from '../worker/lease.ts'
import { askForRecheck } from '../worker/recheck.ts'
import { askForWork } from '../worker/work.ts'
import { leaveWithdrawn } from '../worker/withdrawn.ts'
import { fetchResult, lookAtSeal } from './seal.ts'
import { expectAnswer, payloadOf } from './unanswered.ts'

/** Takes up a live contract where the log left it: what the application owes, what we owe, what we wait for. */
export function resume(turn: Turn, deal: Deal): void {
  if (deal.outcome !== null || deal.overtaken) return
  expectAnswerToLast(turn, deal)
  lookAtSeal(turn, deal)
  if (deal.role === 'worker') resumeWorker(turn, deal)
  else resumeRequester(turn, deal)
}

function resumeWorker(turn: Turn, deal: Deal): void {
  leaveWithdrawn(turn, deal)
  const { stage, award } = deal.contract
  if (stage.kind === 'awaiting-accept') turn.fetch(award.body.terms.input.hash, award.body.terms.input.size, deal.peer)
  askForRecheck(turn, deal)
  if (stage.kind !== 'working' && stage.kind !== 'rejected') return
  if (stage.kind === 'working' && isOpened(deal.contract) && deal.soft.nextBeat === null) startBeating(turn, deal)
  askForWork(turn, deal)
}

function resumeRequester(turn: Turn, deal: Deal): void {
  if (deal.soft.cancelling !== null) askToCancel(turn, deal, deal.soft.cancelling)
  const { stage } = deal.contract
  if (stage.kind === 'working' && deal.soft.leaseUntil === null && isOpened(deal.contract)) grantLease(turn, deal)
  const isAccepted = stage.kind === 'working' || stage.kind === 'awaiting-review'
  if (isAccepted && !awaitsOpening(deal) && mayOpen(turn, deal)) expectOpening(turn, deal)
  if (stage.kind !== 'awaiting-review') return
  if (stage.answer.type === 'failed') askForReview(turn, deal)
  else fetchResult(turn, deal.peer, stage.answer)
}

/** Our newest entry, when it is the last word, still waits for its answer. */
function expectAnswerToLast(turn: Turn, deal: Deal): void {
  const last = deal.contract.entries.at(-1)
  if (last === undefined || last.author !== turn.state.self || deal.soft.unanswered !== null) return
  expectAnswer(turn, deal, last, payloadOf(last))
}
