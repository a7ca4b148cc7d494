import { protocolParams, type AgentKey, type HaggleRecord, type MicroCredits } from '@haggle/protocol'
import { epochOf } from '../bookkeeping.ts'
import { isCooling } from '../market/cool-down.ts'
import type { OwnTask, State } from '../state.ts'
import type { Turn } from '../turn.ts'
import { isUntried } from '../deal/untried.ts'
import { entrusts, qualityOf } from '../score/opinion.ts'

/** Bids that could be awarded now: valid, of the current generation or kept as reserves, and of a peer not ruled out. */
export function candidatesOf(turn: Turn, task: OwnTask): HaggleRecord<'bid'>[] {
  const newest = new Map<AgentKey, HaggleRecord<'bid'>>()
  const spent = new Set(task.contracts.map((id) => turn.state.deals.get(id)?.contract.award.body.bid))
  for (const bid of task.bids.values()) {
    // LEASE-12: who did not take the award of its bid says by another one that it would now.
    if (spent.has(bid.id) || !canPromise(turn, task, bid)) continue
    const held = newest.get(bid.author)
    if (held === undefined || held.body.generation < bid.body.generation) newest.set(bid.author, bid)
  }
  const eligible = [...newest.values()]
  const warm = eligible.filter((bid) => !isCooling(turn.state, bid.author, task.job.skill, turn.now.wall))
  // MKT-14: a cool-down never bars the last candidate.
  return warm.length > 0 ? warm : eligible
}

/** Whether this bid may be awarded: still valid, its worker not ruled out for this task, good enough, within the newcomer budget. */
export function canPromise(turn: Turn, task: OwnTask, bid: HaggleRecord<'bid'>): boolean {
  if (bid.body.validUntil <= turn.now.wall) return false
  if (ruledOut(turn.state, task).has(bid.author)) return false
  const quality = qualityOf(turn, bid.author, task.job.skill)
  if (task.job.minQuality !== null && quality < task.job.minQuality) return false
  // REP-12, REP-14, REP-15: whoever signed two histories has no credit, and nobody has more than was given to it.
  return entrusts(turn, bid.author, task.job.stakeWorker, newcomerBudgetFor(turn, bid.author))
}

/** Workers whose contract for this task has ended after they tried: they had their chance. */
export function ruledOut(state: State, task: OwnTask): ReadonlySet<AgentKey> {
  const out = new Set<AgentKey>()
  for (const contract of task.contracts) {
    const deal = state.deals.get(contract)
    if (deal === undefined || deal.outcome === null) continue
    if (!isUntried(deal)) out.add(deal.peer)
  }
  return out
}

/** MKT-10: peers without record together put at most the newcomer budget at risk per epoch, however many they are. */
function newcomerBudgetFor({ state, now }: Turn, worker: AgentKey): MicroCredits {
  const { newcomerBudgetMicro } = protocolParams
  const { newcomer, book } = state
  if (book.settledWith(worker) > 0 || newcomer.epoch !== epochOf(now.wall)) return newcomerBudgetMicro
  return Math.max(0, newcomerBudgetMicro - newcomer.spent)
}

/** Somebody other than `worker` who could take the task now: a valid bid, or a live advert with a free slot. */
export function someoneElseStandsReady(turn: Turn, task: OwnTask, worker: AgentKey): boolean {
  const { state } = turn
  const reserve = candidatesOf(turn, task).some((bid) => bid.author !== worker && state.peers.has(bid.author))
  if (reserve) return true
  const out = ruledOut(state, task)
  for (const advert of state.board.adverts()) {
    if (advert.author === worker || advert.author === state.self || out.has(advert.author)) continue
    const serves = advert.body.skills.some((skill) => skill.name === task.job.skill)
    if (serves && advert.body.free > 0 && state.peers.has(advert.author)) return true
  }
  return false
}
