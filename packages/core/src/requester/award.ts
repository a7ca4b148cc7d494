import { fromHex, limits, type Award, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { exposureUntil, graceMs, acceptDue } from '../contract/timing.ts'
import { expectAnswer, withGround } from '../deal/unanswered.ts'
import type { ScoredBid } from '../event.ts'
import { nonceReveal } from '../market/nonce-chain.ts'
import { choose } from '../score/choice.ts'
import { qualityOf } from '../score/opinion.ts'
import { isLive, type Deal, type OwnTask, type State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { candidatesOf } from './candidates.ts'
import { drawPanel, passedOver } from '../witness/panel.ts'
import { witnessSetOf } from '../witness/witness-sets.ts'

/** The contract of the current generation, ended or not, or null while the task is on the shelf. */
export function currentContractOf(state: State, task: OwnTask): Deal | null {
  const last = task.contracts.at(-1)
  const deal = last === undefined ? undefined : state.deals.get(last)
  return deal !== undefined && deal.generation === task.generation ? deal : null
}

/** The contract that now binds the task, or null. */
export function liveContractOf(state: State, task: OwnTask): Deal | null {
  const deal = currentContractOf(state, task)
  return deal !== null && deal.outcome === null ? deal : null
}

/**
 * Awards when the windows allow it: a claim window or bid window that is over, a price at or under the asked one, or as
 * many bids as the offer takes. MKT-08: one award per task and generation, over all restarts.
 */
export function awardWhenReady(turn: Turn, task: OwnTask): void {
  if (!isLive(task) || task.withdrawal !== null) return
  if (currentContractOf(turn.state, task) !== null) return
  const bids = candidatesOf(turn, task)
  if (bids.length === 0) return
  const ask = task.job.askPrice
  const cheap = ask !== null && bids.some((bid) => bid.body.price <= ask)
  const full = task.job.mode === 'auction' && bids.length >= task.job.maxBids
  const over = task.windowEnds !== null && task.windowEnds <= turn.now.mono
  if (cheap || full || over || task.windowEnds === null) award(turn, task, bids)
}

/** Awards to the best of these bids: by price and quality in an auction, by own record among claims. */
export function award(turn: Turn, task: OwnTask, bids: readonly HaggleRecord<'bid'>[]): void {
  const ranked = rank(turn, task, bids)
  const [first] = ranked
  const winner = bids.find((bid) => bid.id === first?.bid)
  if (winner === undefined || first === undefined) return
  const { reserves, panel } = seatsFor(turn, task, winner, ranked)
  keepBids(turn, task, [winner.id, ...reserves.map(({ bid }) => bid)])
  const record = turn.write('award', awardBody(turn, task, winner, ranked, reserves, panel))
  const deal = turn.state.deals.get(record.id)
  if (deal === undefined) throw new TypeError('an award that was written down has a contract')
  turn.send(deal.peer, withGround(turn, deal, record), task.job.input.hash)
  expectAnswer(turn, deal, record, task.job.input.hash)
  turn.notify({
    event: 'awarded',
    at: turn.now.wall,
    task: task.task,
    contract: deal.id,
    generation: deal.generation,
    peer: deal.peer,
    role: 'requester',
    price: winner.body.price,
    why: ranked.slice(0, limits.consideredBids),
  })
}

function rank(turn: Turn, task: OwnTask, bids: readonly HaggleRecord<'bid'>[]): readonly ScoredBid[] {
  const scored = bids.map((bid) => ({ bid, quality: qualityOf(turn, bid.author, task.job.skill) }))
  const ranked = choose(scored).ranked
  if (task.job.mode === 'auction') return ranked
  // Claims stand at one price: the better record wins, then the lower bid id.
  return ranked.toSorted((a, b) => b.quality - a.quality || (a.bid < b.bid ? -1 : 1))
}

/** The bids that a contract file names must be in our log before the award names them, and are kept once. */
function keepBids(turn: Turn, task: OwnTask, ids: readonly string[]): void {
  const kept = new Set<string>(task.contracts.flatMap((id) => bidsNamedBy(turn.state, id)))
  for (const bid of task.bids.values()) if (ids.includes(bid.id) && !kept.has(bid.id)) turn.keep(bid)
}

function bidsNamedBy(state: State, contract: RecordId): readonly string[] {
  const body = state.deals.get(contract)?.contract.award.body
  return body === undefined ? [] : [body.bid, ...body.reserves.map(({ bid }) => bid)]
}

/** WIT-04: no reserve sits on the panel, so the award names no more of them than leave as many witnesses as the terms want. */
function seatsFor(
  turn: Turn,
  task: OwnTask,
  winner: HaggleRecord<'bid'>,
  ranked: readonly ScoredBid[],
): Pick<Award, 'reserves' | 'panel'> {
  const { panelSize, witnessSet } = task.offer.body.terms
  const set = witnessSet === null ? null : witnessSetOf(turn.state, witnessSet)
  const next = ranked.slice(1, 1 + limits.reserves)
  if (set === null || panelSize === 0) return { reserves: next.map(({ bid }) => ({ bid, worker: null })), panel: [] }
  const reserves = next.map(({ bid, worker }) => ({ bid, worker }))
  const free = (): number => {
    const excluded = passedOver(turn.state.self, winner.author, reserves)
    return set.body.keys.filter((key) => !excluded.has(key)).length
  }
  while (reserves.length > 0 && free() < panelSize) reserves.pop()
  const revealed = nonceReveal(fromHex(task.secret), task.generation)
  const draw = { offer: task.task, generation: task.generation, revealed, bidNonce: winner.body.nonce }
  const excluded = passedOver(turn.state.self, winner.author, reserves)
  return { reserves, panel: drawPanel(set.body.keys, excluded, panelSize, draw) }
}

function awardBody(
  turn: Turn,
  task: OwnTask,
  winner: HaggleRecord<'bid'>,
  ranked: readonly ScoredBid[],
  reserves: Award['reserves'],
  panel: Award['panel'],
): Award {
  const { terms } = task.offer.body
  const timers = { ...terms.timers, leaseMs: leaseFor(task, winner) }
  const awarded = { ...terms, timers }
  const sealed = task.job.bidding === 'sealed'
  return {
    at: turn.now.wall,
    task: task.task,
    prev: task.reopening?.id ?? task.task,
    generation: task.generation,
    bid: winner.id,
    worker: winner.author,
    price: winner.body.price,
    terms: awarded,
    nonceReveal: nonceReveal(fromHex(task.secret), task.generation),
    panel,
    exposureUntil: exposureUntil(awarded),
    reserves,
    considered: ranked.slice(0, limits.consideredBids).map((each) => ({
      bid: each.bid,
      // MKT-13: what a sealed bid says stays between its author and us.
      worker: sealed ? null : each.worker,
      price: sealed ? null : each.price,
      etaMs: sealed ? null : each.etaMs,
      quality: sealed ? null : each.quality,
      score: sealed ? null : each.score,
    })),
    ...turn.chainLink(),
  }
}

/** A bid may ask for a longer lease within the offer's bound. */
function leaseFor(task: OwnTask, winner: HaggleRecord<'bid'>): number {
  const { leaseMs, leaseMaxMs } = task.job.timers
  return Math.max(leaseMs, Math.min(winner.body.leaseMs ?? leaseMs, leaseMaxMs))
}

/** CON-20: an award that is not opened by the end of its accept window plus grace binds nobody any more. */
export function awardRunsOut(deal: Deal): number {
  return acceptDue(deal.contract.award) + graceMs(deal.contract.award.body.terms.timers)
}
