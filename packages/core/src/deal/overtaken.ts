import { refuse, type Answer } from '../answer.ts'
import { ackMs } from '../contract/timing.ts'
import { liveContractOf } from '../requester/award.ts'
import { isLive, type Deal, type OwnTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { stopWork } from '../worker/lease.ts'
import { ofDeal } from './event-fields.ts'

/** How many `ack` the other party has to be met, and then to answer, before it is passed over. */
const TO_MEET = 4
const TO_ANSWER = 2

/** CON-44: until the other party has said what it holds, or was passed over, a restarted agent signs nothing in a contract. */
export function askBeforeSigning(turn: Turn): void {
  const { mono } = turn.now
  for (const deal of turn.state.live) {
    if (deal.overtaken && deal.outcome !== null) {
      // Its end was told before the restart, and there is no closing of ours to say so.
      deal.soft.finished = true
      turn.state.live.delete(deal)
      turn.state.ended.delete(deal)
    }
    if (deal.overtaken || deal.outcome !== null) continue
    const ack = ackMs(deal.contract.award.body.terms.timers)
    deal.soft.gate = mono + TO_MEET * ack
    deal.soft.asking = mono + (TO_MEET + TO_ANSWER) * ack
  }
}

/** CON-44: the other party has not said yet what it holds. */
export function isAsking(deal: Deal): boolean {
  return deal.soft.asking !== null && deal.outcome === null
}

/** The answer to our own application meanwhile. */
export function notYet(): Answer {
  return refuse('contract/state', 'the other party is asked first what it holds: try again in a moment')
}

/** When a party that was just met is passed over: one that comes and goes is not waited for again and again. */
export function answerDue(turn: Turn, deal: Deal): number {
  const due = turn.now.mono + TO_ANSWER * ackMs(deal.contract.award.body.terms.timers)
  return deal.soft.asking === null ? due : Math.min(due, deal.soft.asking)
}

/** CON-45: what we signed comes back from the other party and our log lacks it: from here on nothing is signed in this contract. */
export function overtake(turn: Turn, deal: Deal): void {
  if (deal.overtaken) return
  turn.persist({ kind: 'overtaken', at: turn.now.wall, contract: deal.id })
  turn.notify({ event: 'overtaken', ...ofDeal(turn, deal) })
  if (deal.role === 'worker') {
    stopWork(turn, deal, 'overtaken')
    return
  }
  const task = turn.state.own.get(deal.task)
  if (task !== undefined && isLive(task) && !isElsewhere(turn, task, deal))
    turn.persist({ kind: 'task-closed', at: turn.now.wall, task: task.task, as: 'overtaken' })
}

/** A later generation that is under way already goes on: its worker has nothing to do with who signs what with our key. */
function isElsewhere({ state }: Turn, task: OwnTask, deal: Deal): boolean {
  const live = liveContractOf(state, task)
  return live !== null && live !== deal
}
