import { dueOf, graceMs } from '../contract/timing.ts'
import { isOpened } from '../contract/contract.ts'
import { askWhenDue } from '../deal/ask.ts'
import { challengeWhenDue } from '../deal/challenge.ts'
import { asItStands } from '../deal/standing.ts'
import { writeTimeout } from '../deal/timeout.ts'
import { isLive, type Deal, type OwnTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { closeTask } from './after-end.ts'
import { award, awardRunsOut, currentContractOf } from './award.ts'
import { bidUntilOf } from './bids.ts'
import { candidatesOf, someoneElseStandsReady } from './candidates.ts'
import { awaitsOpening, tickOpening } from './opening.ts'
import { canReopen, reopenByCertificate, reopenByJudgement } from './reopen.ts'
import { reject, rejectWhenOpened } from './review.ts'

/** Clocks of a task on the shelf: the end of its bid window, of its bidding, and of the whole. */
export function tickTask(turn: Turn, task: OwnTask): void {
  if (!isLive(task) || currentContractOf(turn.state, task) !== null) return
  if (task.withdrawal !== null) {
    closeTask(turn, task, 'withdrawn')
    return
  }
  if (turn.now.wall > Math.min(bidUntilOf(task), task.job.endBy)) {
    closeTask(turn, task, 'expired')
    return
  }
  if (task.windowEnds === null || task.windowEnds > turn.now.mono) return
  task.windowEnds = null
  const bids = candidatesOf(turn, task)
  if (bids.length > 0) award(turn, task, bids)
}

/** The wall-clock moment at which a task on the shelf is over. */
export function taskWall(task: OwnTask, onShelf: boolean): number | null {
  if (!onShelf) return null
  return Math.min(bidUntilOf(task), task.job.endBy) + 1
}

/** Clocks of a contract that we asked for. */
export function tickRequester(turn: Turn, deal: Deal): void {
  tickOpening(turn, deal)
  rejectWhenOpened(turn, deal)
  lapseUnopened(turn, deal)
  if (deal.outcome !== null) return
  if (deal.contract.stage.kind === 'working') tickLease(turn, deal)
  if (deal.outcome === null) tickDue(turn, deal)
}

/** LEASE-05: an award that was not opened in time is free to go elsewhere; nobody is at fault. */
function lapseUnopened(turn: Turn, deal: Deal): void {
  if (isOpened(deal.contract) || awaitsOpening(deal) || deal.lapsed) return
  if (turn.now.wall <= awardRunsOut(deal)) return
  if (deal.contract.stage.kind !== 'awaiting-accept' && deal.contract.stage.kind !== 'working') return
  turn.persist({ kind: 'lapsed', at: turn.now.wall, contract: deal.id })
}

/** LEASE-06: a silent worker loses the task only when somebody else stands ready; until then the due still rules. */
export function tickLease(turn: Turn, deal: Deal): void {
  const { soft } = deal
  challengeWhenDue(turn, deal)
  if (soft.leaseUntil === null || soft.leaseUntil > turn.now.mono) return
  soft.leaseEnded = true
  const task = turn.state.own.get(deal.task)
  if (task === undefined || !canReopen(turn, task) || !someoneElseStandsReady(turn, task, deal.peer)) return
  // LEASE-10: where a panel sees the contract our own judgement is no ground: it is the panel's word that counts.
  if (deal.contract.award.body.panel.length === 0) reopenByJudgement(turn, task, deal)
  else reopenByCertificate(turn, task, deal)
}

/** CON-24: a due or rework clock that ran out is an entry of the waiting party, from due + G on. */
function tickDue(turn: Turn, deal: Deal): void {
  const standing = asItStands(deal)
  const due = dueOf(standing)
  const { stage } = standing
  if (due === null) return
  const grace = graceMs(deal.contract.award.body.terms.timers)
  if (due.duty === 'review' && stage.kind === 'awaiting-review') {
    // A payload that never came cannot be reviewed: said in time, it is not our silence.
    if (turn.now.wall > due.due && stage.answer.type === 'deliver' && !deal.soft.payloadHeld) {
      const answer = reject(turn, deal, stage.milestone, 'missing', 'the result could not be fetched')
      // Too late even for that, after a restart: there is nothing left to ask anybody.
      if (!answer.ok) deal.soft.askedFor = stage.answer.id
    }
    return
  }
  if (turn.now.wall <= due.due + grace || (due.duty !== 'delivery' && due.duty !== 'rework')) return
  if (deal.contract.award.body.panel.length === 0 || isWrittenOff(turn, deal)) writeTimeout(turn, deal, due.duty)
}

/**
 * LEASE-14: with a panel a clock that ran out is written down when the panel has decided, or can decide no more. As long as the
 * result may still come, a missed due waits for it, unless somebody else stands ready.
 */
function isWrittenOff(turn: Turn, deal: Deal): boolean {
  const asked = askWhenDue(turn, deal)
  if (asked === null || asked.verdict === 'met') return false
  if (asked.verdict === 'undecided') return asked.final
  const task = turn.state.own.get(deal.task)
  const goesOn = task !== undefined && canReopen(turn, task) && someoneElseStandsReady(turn, task, deal.peer)
  return goesOn || asked.lateIsOver
}
