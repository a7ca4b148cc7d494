import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bounds, recordText } from '@haggle/protocol'
import type { Agent } from '../src/index.ts'
import { World } from './agents.ts'

describe('what has left memory', () => {
  let world: World
  let requester: Agent
  let worker: Agent
  beforeEach(async () => {
    world = new World()
    requester = await world.stand(1).start()
    worker = await world.stand(2).start()
    let runs = 0
    worker.serve('shout', { slots: 4 }, async (task) => {
      runs += 1
      // The first run of all is given back, so that its task has two generations.
      if (runs === 1) throw task.withdraw('overloaded')
      return (await task.text()).toUpperCase()
    })
    for (const key of ['a', 'b', 'c']) {
      const job = await world.clock.until(requester.hire('shout', key, { key, deadline: '2m', attempts: 5 }))
      await world.clock.until(job.settled())
      await world.clock.until(job.acknowledged('10s'))
    }
  })
  afterEach(() => world.end())

  it('is found in the log, by key, by the end of an id, and through a contract, as memory would give it', async () => {
    for (const agent of [requester, worker]) {
      for (const { task, key, contracts } of agent.tasks()) {
        const records = agent.taskRecords(recordText(task))
        expect(records.length).toBeGreaterThan(7)
        const names = [recordText(task).slice(-20), ...contracts.map((each) => recordText(each).slice(-20))]
        for (const name of key === null ? names : [...names, key]) {
          expect(await world.clock.until(agent.archived(name))).toEqual(records)
        }
      }
    }
    const generations = requester.taskRecords('a').filter(({ type }) => type === 'award')
    expect(generations).toHaveLength(2)
  })

  it('is nothing for a name that the log does not know', async () => {
    expect(await world.clock.until(requester.archived('nobody'))).toEqual([])
    expect(await world.clock.until(requester.archived(''))).toEqual([])
  })

  it('can still be shown when more tasks have ended after it than memory holds', async () => {
    const records = requester.taskRecords('a')
    for (let number = 0; number < bounds.closedTasks; number += 1) {
      const job = await world.clock.until(requester.hire('nothing', 'x', { key: `job ${number}` }))
      await world.clock.until(job.cancel())
    }
    expect(requester.job('a')).toBeUndefined()
    expect(await world.clock.until(requester.archived('a'))).toEqual(records)
    const [offer] = records
    if (offer === undefined) throw new Error('a task has an offer')
    const ending = recordText(offer.id).slice(-1)
    await expect(world.clock.until(requester.archived(ending))).rejects.toMatchObject({ code: 'contract/ambiguous' })
    await expect(world.clock.until(requester.hire('shout', 'a', { key: 'a' }))).rejects.toMatchObject({
      code: 'job/spent',
    })
  })
})
