import { recordText, type RecordId } from '@haggle/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Phase } from '@haggle/ports'
import { noCosts, phases, sumOf, type Agent, type Costs, type TaskTax } from '../src/index.ts'
import { World } from './agents.ts'

const PRICED: readonly Phase[] = ['market', 'formation', 'work', 'review']

describe('the least that a task can cost', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  const paid = (tax: readonly TaskTax[], which: readonly Phase[]): Costs =>
    sumOf(which.map((phase) => tax[0]?.phases[phase] ?? noCosts()))

  /** One task in claim mode that is done at once, heard by everybody and served by one. */
  async function oneTask(listeners: number): Promise<{ readonly agents: readonly Agent[]; readonly task: RecordId }> {
    const agents: Agent[] = []
    for (let number = 1; number <= listeners; number += 1) agents.push(await world.stand(number).start())
    const [requester, worker, ...others] = agents
    if (requester === undefined || worker === undefined) throw new Error('a market needs two')
    await world.clock.until(worker.serve('shout', async (task) => (await task.text()).toUpperCase()).ready)
    for (const other of others) await world.clock.until(other.serve('shout', { quote: () => null }, () => '').ready)
    await world.clock.pass(2_000)
    const job = await world.clock.until(requester.hire('shout', 'hello', { mode: 'claim', key: 'one' }))
    await world.clock.until(job.settled())
    await world.clock.until(job.acknowledged('10s'))
    await world.clock.pass(10_000)
    return { agents, task: job.task }
  }

  it.each([2, 5, 9])(
    'TAX-12: for %i listeners is (n-1)+5 messages, 6 signatures and 6 verifications of the parties, closings apart',
    async (listeners) => {
      const { agents, task } = await oneTask(listeners)
      const tax = await Promise.all(agents.map((agent) => agent.tax(recordText(task).slice(-8))))
      expect(tax.map(([each]) => each?.task)).toEqual(agents.map(() => task))
      const parties = sumOf(tax.slice(0, 2).map((each) => paid(each, PRICED)))
      expect(parties).toMatchObject({
        'messages-out': listeners - 1 + 5,
        'messages-in': 1 + 5,
        signatures: 6,
        verifications: 6,
        'verifications-needed': 6,
      })
      const closing = sumOf(tax.slice(0, 2).map((each) => paid(each, ['closing'])))
      expect(closing).toMatchObject({ signatures: 2, verifications: 2 })
    },
  )

  it('TAX-03: is counted by whoever only hears of it as well, as a bystander', async () => {
    const { agents } = await oneTask(4)
    for (const agent of agents.slice(2)) {
      const tax = await agent.tax()
      const of = tax.filter(({ part }) => part !== null)
      expect(of).toMatchObject([{ part: 'bystander', skill: null, workMs: null }])
      expect(paid(of, phases)).toMatchObject({ 'messages-in': 1, 'messages-out': 0, verifications: 1, signatures: 0 })
    }
    const [requester, worker] = agents
    expect(await requester?.tax('one')).toMatchObject([{ part: 'requester', skill: 'shout', key: 'one' }])
    expect((await worker?.tax())?.filter(({ part }) => part !== null)).toMatchObject([{ part: 'worker', key: null }])
  })

  it('TAX-02: is the same bytes on both sides, whatever a frame holds', async () => {
    const { agents } = await oneTask(2)
    const [of, by] = await Promise.all(
      agents.map(async (agent) => (await agent.tax()).filter(({ part }) => part !== null)),
    )
    if (of === undefined || by === undefined) throw new Error('two were asked')
    for (const phase of phases) {
      expect([phase, paid(of, [phase])['bytes-out']]).toEqual([phase, paid(by, [phase])['bytes-in']])
      expect([phase, paid(of, [phase])['bytes-in']]).toEqual([phase, paid(by, [phase])['bytes-out']])
      expect([phase, paid(of, [phase])['messages-out']]).toEqual([phase, paid(by, [phase])['messages-in']])
    }
  })
})
