import { stillRuns } from './contract/timing.ts'
import { compareAgain } from './evidence/compare.ts'
import { openGate } from './deal/meeting.ts'
import { nextPush, pushWhenDue } from './deal/push.ts'
import { payReceipt } from './deal/receipt.ts'
import { resendWhenDue } from './deal/unanswered.ts'
import { receiveRecord } from './records.ts'
import { tickRequester, tickTask } from './requester/tick.ts'
import type { Deal } from './state.ts'
import { leaveIdleTopics } from './market/topics.ts'
import type { Turn } from './turn.ts'
import { advertise } from './worker/advertise.ts'
import { releaseSlot } from './worker/slots.ts'
import { tickWorker } from './worker/lease.ts'
import { endSilence } from './worker/quote.ts'
import { tickWatches } from './witness/look.ts'

/** Everything whose clock has run out, before anything new is looked at. */
export function tick(turn: Turn): void {
  const { state, now } = turn
  state.board.expire(now.wall)
  releaseHeld(turn)
  releaseSlots(turn)
  leaveIdleTopics(turn)
  for (const deal of state.live) {
    if (deal.outcome === null || deal.soft.asking !== null) tickDeal(turn, deal)
  }
  for (const deal of state.pushing) {
    pushWhenDue(turn, deal)
    if (nextPush(state, deal) === null) state.pushing.delete(deal)
  }
  for (const task of state.open) tickTask(turn, task)
  endSilence(turn)
  compareAgain(turn)
  tickWatches(turn)
  if (state.advert.nextAt !== null && state.advert.nextAt <= now.mono) advertise(turn)
}

function tickDeal(turn: Turn, deal: Deal): void {
  if (deal.overtaken) return
  if (deal.soft.gate !== null && deal.soft.gate <= turn.now.mono) openGate(turn, deal)
  if (deal.soft.asking !== null || deal.outcome !== null || deal.overtaken) return
  if (deal.role === 'requester') tickRequester(turn, deal)
  else tickWorker(turn, deal)
  if (deal.outcome !== null) return
  // CON-31: past its last clock a contract ends in our view, whoever fell silent.
  if (turn.now.wall > deal.contract.award.body.exposureUntil) {
    turn.persist({ kind: 'lapsed', at: turn.now.wall, contract: deal.id })
    return
  }
  payReceipt(turn, deal)
  pushWhenDue(turn, deal)
  resendWhenDue(turn, deal)
}

function releaseHeld(turn: Turn): void {
  const { future } = turn.state
  if (future.length === 0) return
  const ready = future.filter((held) => held.until <= turn.now.mono)
  for (const held of ready) future.splice(future.indexOf(held), 1)
  for (const held of ready) receiveRecord(turn, held.from, held.record)
}

/** A firm bid reserves its slot until `validUntil`; a clock that steps back does not reserve it again. */
function releaseSlots({ state, now }: Turn): void {
  for (const task of state.firm) {
    const bid = task.bids.at(-1)
    if (bid === undefined || !stillRuns(bid.body.at, bid.body.validUntil, now.wall)) releaseSlot(state, task)
  }
}
