import { limits } from '@haggle/protocol'
import { isLive, type State } from './state.ts'

/** Closed tasks leave memory, oldest first, when there are too many; the store keeps them. */
export function evictClosed(state: State): void {
  if (state.own.size > limits.closedTasks) evictOwn(state)
  if (state.foreign.size > limits.closedTasks) evictForeign(state)
  for (const key of state.coolDowns.keys()) {
    if (state.coolDowns.size <= limits.peersInBook) break
    state.coolDowns.delete(key)
  }
}

function evictOwn(state: State): void {
  for (const task of state.own.values()) {
    if (isLive(task) || hasLiveDeal(state, task.contracts)) continue
    for (const contract of task.contracts) state.deals.delete(contract)
    state.own.delete(task.task)
    state.offers.delete(task.task)
    state.taskByKey.delete(task.job.key)
    return
  }
}

function evictForeign(state: State): void {
  for (const task of state.foreign.values()) {
    if (hasLiveDeal(state, task.contracts)) continue
    for (const contract of task.contracts) state.deals.delete(contract)
    state.foreign.delete(task.task)
    state.offers.delete(task.task)
    return
  }
}

function hasLiveDeal(state: State, contracts: readonly string[]): boolean {
  return [...state.live].some((deal) => contracts.includes(deal.id))
}
