import { limits, protocolParams, type AgentKey, type HaggleRecord } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { epochOf } from '../bookkeeping.ts'
import { isLive, type OwnTask, type State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { awardWhenReady, liveContractOf } from './award.ts'
import { canPromise } from './candidates.ts'
import { tellIfGone } from './losers.ts'

/** A bid or claim on one of our tasks: kept when it is the first valid one of its worker and generation. */
export function receiveBid(turn: Turn, task: OwnTask, bid: HaggleRecord<'bid'>): Answer {
  if (bid.body.firm && bid.author !== turn.state.self) tellIfGone(turn, task, bid.author)
  const refusal = bidRefusal(turn, task, bid)
  if (refusal !== null) return refusal
  task.bids.set(bid.id, bid)
  turn.notify({
    event: 'bid',
    at: turn.now.wall,
    task: task.task,
    generation: bid.body.generation,
    peer: bid.author,
    price: bid.body.price,
    own: false,
  })
  if (task.job.mode === 'claim') receiveClaim(turn, task, bid)
  awardWhenReady(turn, task)
  return okay(bid.id)
}

function bidRefusal(turn: Turn, task: OwnTask, bid: HaggleRecord<'bid'>): Answer | null {
  const { body } = bid
  if (bid.author === turn.state.self) return refuse('bid/own-offer', 'an agent does not hire itself')
  if (!isLive(task)) return refuse('task/closed', 'the task is off the board')
  if (task.bids.has(bid.id)) return refuse('bid/duplicate', 'the same bid')
  // MKT-06: one bid per offer, generation and worker: the first valid one.
  const same = [...task.bids.values()].some(
    (other) => other.author === bid.author && other.body.generation === body.generation,
  )
  if (same) return refuse('bid/duplicate', 'a worker bids once per generation')
  if (body.generation > task.generation) return refuse('bid/generation', 'no such generation yet')
  if (body.validUntil <= turn.now.wall) return refuse('bid/late', 'the bid is no longer valid')
  // MKT-05: bidUntil binds only us, and by our own clock.
  if (liveContractOf(turn.state, task) === null && turn.now.wall > bidUntilOf(task))
    return refuse('bid/late', 'bidding has ended')
  if (body.price > task.job.value) {
    task.tooDear += 1
    return refuse('bid/too-dear', 'the price is above the budget')
  }
  if (task.job.mode === 'claim' && (!body.firm || body.price !== task.job.value)) {
    return refuse('bid/too-dear', 'a claim is a firm bid at the value of the offer')
  }
  if (task.bids.size >= limits.bidsPerOffer && !dropWorst(turn.state, task, bid))
    return refuse('bid/quota', 'enough better bids are held')
  return null
}

export function bidUntilOf(task: OwnTask): number {
  return task.reopening?.body.bidUntil ?? task.offer.body.bidUntil
}

/** MKT-07: of too many bids the dearest unused one leaves; true when there is room for the new one. */
function dropWorst(state: State, task: OwnTask, bid: HaggleRecord<'bid'>): boolean {
  const awarded = new Set(task.contracts.map((id) => state.deals.get(id)?.contract.award.body.bid))
  const unused = [...task.bids.values()].filter((each) => !awarded.has(each.id))
  const [worst] = unused.toSorted((a, b) => b.body.price - a.body.price)
  if (worst === undefined || worst.body.price <= bid.body.price) return false
  task.bids.delete(worst.id)
  return true
}

/** MKT-09: a claim of a proven peer takes the task at once; the others wait for the claim window. */
function receiveClaim(turn: Turn, task: OwnTask, bid: HaggleRecord<'bid'>): void {
  if (isProven(turn, bid.author, task.job.skill) && canPromise(turn, task, bid)) {
    task.windowEnds = turn.now.mono
    return
  }
  task.windowEnds ??= turn.now.mono + task.job.timers.claimWindowMs
}

/** Settled for us before, and no worse than a stranger. */
export function isProven(turn: Turn, peer: AgentKey, skill: string): boolean {
  const { book } = turn.state
  const { qualityPriorSuccess, qualityPriorWeight } = protocolParams
  const stranger = Math.floor((qualityPriorSuccess * 1_000) / qualityPriorWeight)
  return book.settledWith(peer) > 0 && book.qualityOf(peer, skill, epochOf(turn.now.wall)) >= stranger
}
