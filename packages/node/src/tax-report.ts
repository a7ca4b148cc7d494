import { HaggleError, recordText, type HaggleRecord, type RecordId } from '@haggle/protocol'
import type { Engine } from '@haggle/core'
import { findTask } from './find-contract.ts'
import type { TaskCosts, TaskTax } from './tax.ts'
import type { TaxKeeper } from './tax-keeper.ts'

/** What one task cost this agent, or all of them and what belongs to none; `id` as for a contract, or a task only heard of. */
export async function taxReport(keeper: TaxKeeper, engine: Engine, id?: string): Promise<readonly TaskTax[]> {
  if (id === undefined) return viewed(await keeper.costs(), engine)
  const own = findTask(engine, id)?.task
  if (own !== undefined) {
    const [counted] = await keeper.costs(own)
    return viewed([counted ?? { task: own, part: null, phases: {} }], engine)
  }
  const heard = (await keeper.costs()).filter(({ task }) => task !== null && recordText(asId(task)).endsWith(id))
  if (heard.length === 1) return viewed(heard, engine)
  if (heard.length > 1) {
    throw new HaggleError('contract/ambiguous', `${heard.length} ids end with "${id}"`, {
      next: 'Give more of the end of the id.',
    })
  }
  throw new HaggleError('task/unknown', `no task that was counted here ends with "${id}"`, {
    next: 'Look at `haggle tax` and `haggle contracts` for the ids that exist.',
  })
}

function viewed(all: readonly TaskCosts[], engine: Engine): readonly TaskTax[] {
  const tasks = new Map(engine.tasks().map((view) => [view.task, view]))
  return all.map(({ task, part, phases }) => {
    const view = task === null ? undefined : tasks.get(asId(task))
    return {
      task: task === null ? null : asId(task),
      // After a restart the log knows a part that the counter has not seen yet.
      part: view?.role === 'requester' ? 'requester' : view === undefined ? part : partOfBidder(view.contracts, part),
      skill: view?.skill ?? null,
      key: view?.key ?? null,
      phases,
      workMs: view === undefined ? null : workedMs(engine.records(view.task)),
    }
  })
}

function partOfBidder(contracts: readonly RecordId[], counted: TaskCosts['part']): TaskCosts['part'] {
  return counted === 'worker' || counted === 'requester' ? counted : contracts.length > 0 ? 'worker' : 'bidder'
}

/** TAX-07: from accept to delivery in the newest contract that delivered, by the clock of its worker. */
function workedMs(records: readonly HaggleRecord[]): number | null {
  const delivered = records.findLast((record) => record.type === 'deliver')
  const accepted = records.find(
    (record) => record.type === 'accept' && record.body.contract === delivered?.body.contract,
  )
  return delivered === undefined || accepted === undefined ? null : Math.max(0, delivered.body.at - accepted.body.at)
}

/** Tasks are counted under the ids of their offers. */
function asId(task: string): RecordId {
  return task as RecordId
}
