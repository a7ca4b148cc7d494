import { HaggleError, recordText } from '@haggle/protocol'
import type { ContractView, Engine, TaskView } from '@haggle/core'

/** The contract that a person means: by job key its newest one, by any unique suffix of its own id or of its task's. */
export function findContract(engine: Engine, id: string): ContractView | undefined {
  const contracts = engine.contracts()
  const byKey = newest(contracts.filter((each) => each.key === id))
  if (byKey !== undefined) return byKey
  const own = contracts.filter((each) => endsWith(each.contract, id))
  if (own.length > 1) throw ambiguous(id, own.length)
  if (own[0] !== undefined) return own[0]
  const tasks = new Set(contracts.filter((each) => endsWith(each.task, id)).map((each) => each.task))
  if (tasks.size > 1) throw ambiguous(id, tasks.size)
  return newest(contracts.filter((each) => tasks.has(each.task)))
}

/** The task that a person means: by job key, by any unique suffix of its id, or through one of its contracts. */
export function findTask(engine: Engine, id: string): TaskView | undefined {
  const tasks = engine.tasks()
  const byKey = tasks.find((each) => each.key === id)
  if (byKey !== undefined) return byKey
  const own = tasks.filter((each) => endsWith(each.task, id))
  if (own.length > 1) throw ambiguous(id, own.length)
  if (own[0] !== undefined) return own[0]
  const contract = findContract(engine, id)
  return tasks.find((each) => each.task === contract?.task)
}

function newest(contracts: readonly ContractView[]): ContractView | undefined {
  return contracts.toSorted((a, b) => b.generation - a.generation)[0]
}

function endsWith(id: ContractView['contract'], suffix: string): boolean {
  return suffix !== '' && recordText(id).endsWith(suffix)
}

function ambiguous(id: string, count: number): HaggleError {
  return new HaggleError('contract/ambiguous', `${count} ids end with "${id}"`, {
    next: 'Give more of the end of the id.',
  })
}
