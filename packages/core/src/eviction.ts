import { bounds, type RecordId } from '@haggle/protocol'
import { isLive, type State } from './state.ts'

/**
 * Closed tasks leave memory, oldest first, when there are too many; the store keeps them. What may go is read off durable
 * state alone, so that a replay forgets exactly what the running agent forgot.
 */
export function evictClosed(state: State): void {
  if (state.own.size > bounds.closedTasks) evictOwn(state)
  if (state.foreign.size > bounds.closedTasks) evictForeign(state)
}

export function evictCoolDowns(state: State): void {
  for (const key of state.coolDowns.keys()) {
    if (state.coolDowns.size <= bounds.peersInBook) return
    state.coolDowns.delete(key)
  }
}

function evictOwn(state: State): void {
  for (const task of state.own.values()) {
    if (isLive(task) || !allClosed(state, task.contracts)) continue
    forget(state, task.contracts)
    state.own.delete(task.task)
    state.offers.delete(task.task)
    state.taskByKey.delete(task.job.key)
    spend(state, task.job.key)
    return
  }
}

/** The same key is the same job, and this one is over. */
function spend({ spent }: State, key: string): void {
  spent.add(key)
  if (spent.size <= bounds.spentKeys) return
  for (const oldest of spent) {
    spent.delete(oldest)
    return
  }
}

function evictForeign(state: State): void {
  for (const task of state.foreign.values()) {
    if (!allClosed(state, task.contracts)) continue
    forget(state, task.contracts)
    state.foreign.delete(task.task)
    state.firm.delete(task)
    state.offers.delete(task.task)
    return
  }
}

/** Our own closing is the last thing that the end of a contract writes; in one that was overtaken there will be none. */
function allClosed(state: State, contracts: readonly RecordId[]): boolean {
  return contracts.every((id) => {
    const deal = state.deals.get(id)
    return deal === undefined || deal.overtaken || deal.closings.some((closing) => closing.author === state.self)
  })
}

function forget(state: State, contracts: readonly RecordId[]): void {
  for (const id of contracts) {
    const deal = state.deals.get(id)
    if (deal === undefined) continue
    state.live.delete(deal)
    state.ended.delete(deal)
    state.pushing.delete(deal)
    state.deals.delete(id)
  }
}
