import type { CancelRequest } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { isOpened } from '../contract/contract.ts'
import { isAsking } from '../deal/overtaken.ts'
import { expectAnswer } from '../deal/unanswered.ts'
import { marketTopic } from '../market/topics.ts'
import { isLive, type Deal, type OwnTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { closeTask } from './after-end.ts'
import { liveContractOf } from './award.ts'
import { forgetOpening } from './opening.ts'

/** Takes a task back: free while nothing is opened, by both wills afterwards. */
export function cancelTask(turn: Turn, task: OwnTask, reason: CancelRequest['reason']): Answer {
  if (!isLive(task)) return refuse('task/closed', 'the task is over already')
  const deal = liveContractOf(turn.state, task)
  if (deal !== null && isOpened(deal.contract)) return askToCancel(turn, deal, reason)
  if (task.withdrawal !== null) return okay(task.withdrawal.id)
  const withdrawal = turn.write('withdrawal', { at: turn.now.wall, task: task.task, reason })
  turn.publish(marketTopic(task.job.skill), withdrawal)
  if (deal === null) closeTask(turn, task, 'withdrawn')
  else {
    // MKT-18: the award stands until it lapses, but it is never opened; the worker is told at once.
    forgetOpening(deal)
    turn.send(deal.peer, [withdrawal])
  }
  return okay(withdrawal.id)
}

/** Asks the other side to end an opened contract; unanswered within `ack` the request lapses. */
export function askToCancel(turn: Turn, deal: Deal, reason: string): Answer {
  if (isAsking(deal)) {
    // CON-44: signed when the other party has said what it holds, or was passed over.
    deal.soft.cancelling = reason
    return okay()
  }
  deal.soft.cancelling = null
  const asked = deal.contract.notes.filter(
    (note) => note.type === 'cancel-req' && note.author === turn.state.self,
  ).length
  if (asked >= 16) return refuse('note/full', 'the other side was asked to cancel often enough')
  const request = turn.write('cancel-req', {
    at: turn.now.wall,
    contract: deal.id,
    generation: deal.generation,
    n: asked,
    reason,
  })
  turn.send(deal.peer, [request])
  expectAnswer(turn, deal, request, null)
  return okay(request.id)
}
