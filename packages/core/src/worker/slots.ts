import { limits } from '@haggle/protocol'
import type { State } from '../state.ts'

/** Slots in use: contracts that have not ended, and firm bids that may still be awarded. */
export function slotsUsed(state: State, wall: number): number {
  let used = 0
  for (const deal of state.live) {
    if (deal.role === 'worker' && deal.outcome === null && deal.contract.stage.kind !== 'awaiting-review') used += 1
  }
  for (const task of state.foreign.values()) {
    const bid = task.bids.at(-1)
    if (bid === undefined || !bid.body.firm || bid.body.validUntil <= wall || task.withdrawal !== null) continue
    const awarded = task.contracts.some((id) => state.deals.get(id)?.generation === bid.body.generation)
    if (!awarded && !task.lost.has(bid.body.generation)) used += 1
  }
  return used
}

/** None while contracts that wait for a review have filled the memory for live ones. */
export function slotsFree(state: State, wall: number): number {
  if (state.live.size >= limits.liveContracts) return 0
  return Math.max(0, Math.min(state.served.slots, limits.liveContracts) - slotsUsed(state, wall))
}
