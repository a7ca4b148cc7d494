import type { HaggleRecord } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { ofDeal } from '../deal/event-fields.ts'
import { isLive, type Deal, type OwnTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { awardRunsOut } from './award.ts'
import { expectOpening } from './opening.ts'

/** An ACCEPT that came in time: the opening follows, unless the review goes out first and stands for it. */
export function receiveAccept(turn: Turn, deal: Deal, accept: HaggleRecord<'accept'>): Answer {
  const task = turn.state.own.get(deal.task)
  if (task === undefined) return refuse('task/unknown', 'no such task of ours')
  // CON-21: an ACCEPT after the window plus grace opens nothing, and a task that we took back opens nothing.
  if (turn.now.wall > awardRunsOut(deal) || deal.lapsed || deal.reopenedBy !== null)
    return refuse('entry/late', 'the accept came too late')
  if (!isLive(task) || task.withdrawal !== null) return refuse('task/closed', 'the offer was withdrawn')
  if (goesOnElsewhere(turn, task, accept)) {
    turn.report(accept.author, { code: 'entry/bad-prev', note: ELSEWHERE }, accept.id)
    return refuse('contract/state', ELSEWHERE)
  }
  turn.keep(accept)
  expectOpening(turn, deal)
  turn.notify({ event: 'accepted', ...ofDeal(turn, deal) })
  return okay(accept.id)
}

const ELSEWHERE = 'its chain does not go on from the ACCEPT before it'

/** CON-11: its author has shown another ACCEPT of this task where its link points: no file could hold both, nor what follows this one. */
function goesOnElsewhere({ state }: Turn, task: OwnTask, { author, body }: HaggleRecord<'accept'>): boolean {
  const held = task.contracts.flatMap((id) => [...(state.deals.get(id)?.held.values() ?? [])])
  const before = held.filter(
    (each) =>
      (each.type === 'accept' || each.type === 'closing') &&
      each.author === author &&
      each.body.chainSeq === body.chainSeq - 1,
  )
  return before.some(({ type }) => type === 'accept') && !before.some(({ id }) => id === body.chainPrev)
}
