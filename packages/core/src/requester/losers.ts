import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { isOpened } from '../contract/contract.ts'
import { isLive, type Deal, type OwnTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { currentContractOf } from './award.ts'

/** Those who bid and lost learn it from the award and what opened it, so that a firm bid frees its slot and a board its place. */
export function tellLosers(turn: Turn, deal: Deal, task: OwnTask, proof: HaggleRecord): void {
  const told = new Set([deal.peer])
  for (const bid of task.bids.values()) {
    if (told.has(bid.author)) continue
    told.add(bid.author)
    turn.send(bid.author, [deal.contract.award, proof])
  }
}

/** MKT-39: who claims what is gone, or asks again because no word came, learns it in the same way: a claim holds a slot. */
export function tellIfGone(turn: Turn, task: OwnTask, bidder: AgentKey): void {
  if (task.withdrawal !== null) {
    turn.send(bidder, [task.withdrawal])
    return
  }
  const deal = takenBy(turn, task)
  if (deal === null || deal.peer === bidder) return
  const { award, opening } = deal.contract
  turn.send(bidder, opening === null ? [award] : [award, opening])
}

/** The contract that a task was given to: of a live one as soon as it is opened, of any other the last there was. */
function takenBy({ state }: Turn, task: OwnTask): Deal | null {
  if (!isLive(task)) {
    const last = task.contracts.at(-1)
    return last === undefined ? null : (state.deals.get(last) ?? null)
  }
  const deal = currentContractOf(state, task)
  return deal !== null && isOpened(deal.contract) ? deal : null
}
