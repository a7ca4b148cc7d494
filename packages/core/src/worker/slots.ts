import { bounds, type AgentKey } from '@haggle/protocol'
import type { ForeignTask, State } from '../state.ts'

/** Slots in use: contracts that have not ended, and firm bids that may still be awarded. */
export function slotsUsed(state: State): number {
  state.slotsUsed ??= count(state)
  return state.slotsUsed
}

/** None while contracts that wait for a review have filled the memory for live ones. */
export function slotsFree(state: State): number {
  if (state.live.size >= bounds.liveContracts) return 0
  return Math.max(0, Math.min(state.served.slots, bounds.liveContracts) - slotsUsed(state))
}

/** A firm bid that can not be awarded any more gives its slot back. */
export function releaseSlot(state: State, task: ForeignTask): void {
  state.firm.delete(task)
  state.slotsUsed = null
}

/** Our newest bid stood when this generation was awarded: whoever got it, that bid was chosen or passed over. */
export function hadItsTurn(task: ForeignTask, generation: number): boolean {
  const bid = task.bids.at(-1)
  return bid !== undefined && bid.body.generation <= generation
}

function count(state: State): number {
  let used = 0
  for (const deal of state.live) {
    if (deal.overtaken) continue
    if (deal.role === 'worker' && deal.outcome === null && deal.contract.stage.kind !== 'awaiting-review') used += 1
  }
  return used + state.firm.size
}

/** Whether we take tasks of this requester at all. */
export function isServed({ served }: State, requester: AgentKey): boolean {
  return served.allow === undefined || served.allow.includes(requester)
}
