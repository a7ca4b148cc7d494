import type { DurationMs, Instant, Timestamp } from '@haggle/protocol'
import { isOpened } from './contract/contract.ts'
import { acceptDue, dueOf, graceMs } from './contract/timing.ts'
import { nextAsk } from './deal/ask.ts'
import { nextPush } from './deal/push.ts'
import { sooner } from './market/board.ts'
import { asItStands } from './deal/standing.ts'
import { silenceEnds } from './market/silence.ts'
import { awardRunsOut, currentContractOf } from './requester/award.ts'
import { awaitsOpening } from './requester/opening.ts'
import { taskWall } from './requester/tick.ts'
import type { Deal, State } from './state.ts'
import { lastOpening } from './worker/lease.ts'

/** MKT-04: what leaves a board changes nothing else, so nobody is woken for each of many that leave one after the other. */
const EXPIRY_SLACK_MS: DurationMs = 1_000

/** The next moment, on each clock, at which something is due; null: on that clock nothing is. */
export interface Wakeup {
  readonly wall: Timestamp | null
  readonly mono: Instant | null
}

/** TIME-05: deadlines are derived from the state, never set: a restarted agent knows them all. */
export function nextWakeup(state: State): Wakeup {
  const expiry = state.board.nextExpiry()
  let wall: number | null = expiry === null ? null : expiry + EXPIRY_SLACK_MS
  let mono: number | null = sooner(state.advert.nextAt, state.clocks.nextLook())
  for (const at of state.leaving.values()) mono = sooner(mono, at)
  mono = sooner(mono, silenceEnds(state))
  if (state.peers.size > 0) mono = sooner(mono, state.comparing.nextAt)
  for (const held of state.future) mono = sooner(mono, held.until)
  for (const task of state.open) {
    const onShelf = currentContractOf(state, task) === null
    wall = sooner(wall, taskWall(task, onShelf))
    if (onShelf) mono = sooner(mono, task.windowEnds)
  }
  for (const task of state.firm) wall = sooner(wall, task.bids.at(-1)?.body.validUntil ?? null)
  for (const deal of state.live) {
    if (deal.overtaken) continue
    // CON-44: while the other party is asked, the end of the wait is all that is waited for.
    if (deal.soft.asking === null) wall = sooner(wall, dealWall(state, deal))
    mono = sooner(mono, dealMono(deal))
  }
  for (const deal of state.pushing) wall = sooner(wall, nextPush(state, deal))
  for (const watch of state.watches.values()) {
    wall = sooner(wall, watch.panel.exposureUntil + 1)
    mono = sooner(mono, watch.wakeAt)
  }
  return { wall, mono }
}

function dealMono(deal: Deal): Instant | null {
  const { soft } = deal
  if (soft.asking !== null) return soft.gate
  let next: number | null = soft.gate
  // Behind the gate nothing is said: what is due then waits for the gate itself.
  if (soft.gate === null) next = sooner(soft.unanswered?.nextAt ?? null, soft.receiptOwed?.by ?? null)
  next = sooner(next, sooner(soft.pledgeDue, soft.openingDue))
  if (soft.progress !== null) next = sooner(next, soft.progressFrom)
  if (deal.contract.stage.kind === 'working') next = sooner(next, sooner(soft.nextBeat, soft.challengeAt))
  // A lease that ran out and found nobody ready is looked at again when somebody comes, not by a clock.
  const leased = deal.role === 'requester' && deal.contract.stage.kind === 'working'
  if (leased && !soft.leaseEnded) next = sooner(next, soft.leaseUntil)
  return next
}

function dealWall(state: State, deal: Deal): Timestamp | null {
  const contract = asItStands(deal)
  const grace = graceMs(contract.award.body.terms.timers)
  const hasPanel = contract.award.body.panel.length > 0
  let next: number | null = contract.award.body.exposureUntil + 1
  if (hasPanel) next = sooner(sooner(next, nextPush(state, deal)), nextAsk(state, deal))
  // An accept that came in time is opened by its own clock, and does not lapse meanwhile.
  const opens = awaitsOpening(deal)
  if (contract.stage.kind === 'awaiting-accept')
    next = deal.role === 'worker' ? acceptDue(contract.award) + 1 : awardRunsOut(deal) + 1
  if (contract.stage.kind === 'working' && !isOpened(contract) && !opens) {
    next = sooner(next, (deal.role === 'worker' ? lastOpening(deal) : awardRunsOut(deal)) + 1)
  }
  const waitsToReject = deal.soft.rejection !== null && !isOpened(contract) && !opens
  if (waitsToReject) next = sooner(next, awardRunsOut(deal) + 1)
  const due = dueOf(contract)
  if (due === null || due.duty === 'accept') return next
  const workerStops =
    deal.role === 'worker' && due.duty !== 'review' && deal.soft.askedFor !== null && deal.soft.askedFor !== deal.id
  const { stage } = contract
  const reviewed = stage.kind === 'awaiting-review' && stage.answer.type === 'deliver'
  const payloadMissing =
    deal.role === 'requester' && reviewed && !deal.soft.payloadHeld && deal.soft.askedFor !== stage.answer.id
  if (workerStops || payloadMissing) next = sooner(next, due.due + 1)
  const waits = (deal.role === 'worker') === (due.duty === 'review')
  // TIME-26: an agent that does not trust its clock looks at it again first.
  return waits && !hasPanel && state.clocks.doubt === null ? sooner(next, due.due + grace + 1) : next
}
