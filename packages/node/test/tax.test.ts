import { memoryJournal } from '@haggle/journal'
import { HaggleError, payloadHashOf, type RecordId } from '@haggle/protocol'
import { fc, test } from '@fast-check/vitest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EngineEvent } from '@haggle/core'
import { noCosts, quietLogger, taxCounter, type Agent, type TaskCosts } from '../src/index.ts'
import { TaxKeeper } from '../src/tax-keeper.ts'
import { decodeTaxRow, encodeTaxRow } from '../src/tax-row.ts'
import { Waits } from '../src/waits.ts'
import { ed25519Signer } from '../src/pure/ed25519.ts'
import { systemCpu } from '../src/system/cpu-time.ts'
import { World, type Stand } from './agents.ts'
import { MemoryHub } from './memory-network.ts'
import { VirtualClock } from './virtual-clock.ts'

const key = ed25519Signer(new Uint8Array(32).fill(7)).key
// Any 32 bytes can be a record's id.
const task = 'ab'.repeat(32) as RecordId

describe('the counter', () => {
  it('TAX-01: counts by task and phase, and what belongs to no task beside them', () => {
    const tax = taxCounter()
    tax.count('signatures', 1, 'market', 'a')
    tax.count('bytes-out', 10, 'work', 'a')
    tax.count('bytes-out', 5, 'work', 'a')
    tax.count('bytes-out', 3, 'overhead', null)
    expect(tax.rows()).toEqual([
      { task: 'a', phase: 'market', costs: { ...noCosts(), signatures: 1 } },
      { task: 'a', phase: 'work', costs: { ...noCosts(), 'bytes-out': 15 } },
      { task: null, phase: 'overhead', costs: { ...noCosts(), 'bytes-out': 3 } },
    ])
    expect(tax.total()).toMatchObject({ signatures: 1, 'bytes-out': 18 })
    expect(tax.byPhase().work['bytes-out']).toBe(15)
  })

  it('TAX-03: remembers the greatest part that was taken', () => {
    const tax = taxCounter()
    for (const part of ['bidder', 'worker', 'bystander'] as const) tax.part('a', part)
    tax.count('messages-in', 1, 'market', 'b')
    expect(tax.tasks().map((each) => [each.task, each.part])).toEqual([
      ['a', 'worker'],
      ['b', 'bystander'],
    ])
  })

  it('TAX-06: divides CPU time by what was counted since the turn before, and loses none of it', () => {
    let usedUs = 1_000
    const tax = taxCounter({ cpu: { usedUs: () => usedUs } })
    usedUs = 1_050
    tax.turn()
    tax.count('messages-in', 1, 'market', 'a')
    tax.count('verifications', 1, 'market', 'a')
    tax.count('bytes-in', 999, 'market', 'a')
    tax.count('messages-in', 1, 'work', 'b')
    usedUs = 1_350
    tax.turn()
    usedUs = 1_357
    tax.turn()
    const cpu = tax.rows().map(({ task: of, phase, costs }) => [of, phase, costs['cpu-us']])
    expect(cpu).toEqual([
      [null, 'overhead', 57],
      ['a', 'market', 200],
      ['b', 'work', 100],
    ])
    expect(tax.total()['cpu-us']).toBe(357)
  })

  it('TAX-06: divides what was used unseen among all that was counted until it is seen', () => {
    let usedUs = 0
    const tax = taxCounter({ cpu: { usedUs: () => usedUs } })
    tax.count('messages-in', 1, 'market', 'a')
    tax.turn()
    tax.count('messages-in', 2, 'work', 'b')
    usedUs = 300
    tax.turn()
    expect(tax.rows().map(({ task: of, costs }) => [of, costs['cpu-us']])).toEqual([
      ['a', 100],
      ['b', 200],
    ])
    // Whatever is taken out is complete: what is seen after that belongs to what is counted after it.
    tax.count('messages-in', 1, 'market', 'a')
    tax.take('all')
    usedUs = 400
    tax.count('messages-in', 1, 'work', 'c')
    tax.turn()
    expect(tax.rows().map(({ task: of, costs }) => [of, costs['cpu-us']])).toEqual([['c', 100]])
    expect(tax.total()['cpu-us']).toBe(400)
  })

  it('TAX-06: asks the kernel at most every ten milliseconds', () => {
    let [asked, nowMs] = [0, 0]
    const cpu = systemCpu({ usedUs: () => (asked += 1), nowMs: () => nowMs })
    const answers = Array.from({ length: 100 }, () => {
      nowMs += 0.5
      return cpu.usedUs()
    })
    expect(asked).toBe(5)
    expect(answers.at(-1)).toBe(5)
    expect(systemCpu().usedUs()).toBeGreaterThan(10_000)
  })

  it('TAX-09: counts the oldest of too many tasks as belonging to none', () => {
    const tax = taxCounter()
    for (let number = 0; number < 5_000; number += 1) tax.count('signatures', 1, 'work', `task-${number}`)
    const rows = tax.rows()
    expect(rows).toHaveLength(4_096)
    expect(rows.find((row) => row.task === null)?.costs.signatures).toBe(905)
    expect(tax.total().signatures).toBe(5_000)
  })

  it('gives out first what is quiet, and all of it in the end', () => {
    const tax = taxCounter()
    tax.count('signatures', 1, 'work', 'a')
    tax.count('signatures', 1, 'overhead', null)
    expect(tax.take('quiet')).toEqual([])
    tax.count('signatures', 1, 'work', 'b')
    expect(tax.take('quiet').map((each) => each.task)).toEqual(['a', null])
    tax.count('signatures', 1, 'overhead', null)
    expect(tax.take('all').map((each) => each.task)).toEqual(['b', null])
    expect(tax.rows()).toEqual([])
    expect(tax.total().signatures).toBe(4)
  })

  it('TAX-15: names the peers with most, and sums up the others, however many there are', () => {
    const tax = taxCounter()
    for (let peer = 0; peer < 3_000; peer += 1) tax.tally('quota-refusals', `peer-${peer}`)
    for (let time = 0; time < 5; time += 1) tax.tally('quota-refusals', 'peer-7')
    tax.tally('inbox-drops')
    expect(tax.talliedByPeer('quota-refusals', 1)).toEqual({ top: [['peer-7', 6]], other: 2_999 })
    expect(tax.tallied('quota-refusals')).toBe(3_005)
    expect(tax.tallied('inbox-drops')).toBe(1)
  })
})

describe('a stored row', () => {
  const tasks: readonly TaskCosts[] = [
    { task, part: 'worker', phases: { market: { ...noCosts(), signatures: 1, 'cpu-us': 12 } } },
    { task: null, part: null, phases: { overhead: { ...noCosts(), 'socket-in': 9 } } },
  ]

  it('gives back what was counted', () => {
    expect(decodeTaxRow(encodeTaxRow(tasks))).toEqual(tasks)
  })

  it('with a number that nothing counts up to is passed over', () => {
    const row = new TextEncoder().encode(`[["${task}","worker",[0,1e400]],[null,null,[5,1]]]`)
    expect(decodeTaxRow(row).map((each) => each.task)).toEqual([null])
  })

  test.prop([
    fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => new TextEncoder().encode(text)),
    ),
  ])('that says something else is passed over', (bytes) => {
    for (const each of decodeTaxRow(bytes)) expect(each.task === null || typeof each.task === 'string').toBe(true)
  })
})

describe('waiting', () => {
  const of = { task, contract: task, generation: 1, peer: key, role: 'requester' } as const
  const steps: readonly EngineEvent[] = [
    { event: 'offered', at: 1_000, task, skill: 's', key: 'k', value: 1 },
    { event: 'bid', at: 1_040, task, generation: 1, peer: key, price: 1, own: false },
    { event: 'awarded', at: 1_500, ...of, price: 1, why: [] },
    { event: 'accepted', at: 1_520, ...of },
    { event: 'opened', at: 1_530, ...of },
    { event: 'delivered', at: 4_000, ...of, milestone: 0, result: payloadHashOf(new Uint8Array()), size: 0 },
    { event: 'approved', at: 4_100, ...of, milestone: 0 },
    { event: 'settled', at: 4_101, ...of, end: 'settled', party: null, fault: null },
  ]
  const waited = (events: readonly EngineEvent[]): unknown => {
    const tax = taxCounter()
    const waits = new Waits(tax)
    for (const event of events) waits.take(event)
    return Object.fromEntries(tax.rows().map(({ phase, costs }) => [phase, costs['wait-ms']]))
  }

  it('TAX-05: belongs to the phase that its step ends', () => {
    expect(waited(steps)).toEqual({ market: 500, formation: 30, work: 2_470, review: 100, closing: 1 })
  })

  it('TAX-05: is not counted over a restart or a clock that steps back', () => {
    expect(waited(steps.slice(5))).toEqual({ review: 100, closing: 1 })
    expect(waited([...steps.slice(0, 5), { ...steps[5], at: 900 } as EngineEvent, ...steps.slice(6)])).toEqual({
      market: 500,
      formation: 30,
      review: 3_200,
      closing: 1,
    })
  })
})

describe('what is kept', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  async function settled(): Promise<{ readonly requester: Agent; readonly stand: Stand }> {
    const stand = world.stand(1)
    const requester = await stand.start()
    const worker = await world.stand(2).start()
    await world.clock.until(worker.serve('shout', async (each) => (await each.text()).toUpperCase()).ready)
    const job = await world.clock.until(requester.hire('shout', 'hello', { key: 'k' }))
    await world.clock.until(job.settled())
    await world.clock.until(job.acknowledged('10s'))
    return { requester, stand }
  }

  it('TAX-08: is the same after a restart, also by an agent that was only killed once all was quiet', async () => {
    const { requester, stand } = await settled()
    const before = await requester.tax('k')
    expect(before).toMatchObject([{ part: 'requester', skill: 'shout', phases: { market: { signatures: 1 } } }])
    await world.clock.pass(11_000)
    // Something binding afterwards is what makes the rows before it durable in this journal.
    await world.clock.until(requester.hire('shout', 'again', { key: 'later' }))
    const again = await (await stand.crashed()).start()
    expect(await again.tax('k')).toEqual(before)
  })

  it('TAX-08: is written whole when the agent stops', async () => {
    const { requester, stand } = await settled()
    const before = await requester.tax('k')
    await world.clock.until(requester.close())
    const again = await (await stand.crashed()).start()
    expect(await again.tax('k')).toEqual(before)
  })

  it('TAX-09: is pruned when it grows', async () => {
    const journal = memoryJournal()
    const clock = new VirtualClock()
    const tax = taxCounter()
    const network = new MemoryHub().network(key)
    const keeper = new TaxKeeper({ tax, journal, network, clock, logger: quietLogger })
    for (let row = 0; row < 1_200; row += 1) {
      tax.count('signatures', 1, 'work', `task-${row}`)
      await keeper.stop()
    }
    const kept = await keeper.costs()
    expect(kept.length).toBeLessThan(1_100)
    expect(kept.length).toBeGreaterThanOrEqual(1_024)
    expect(kept.at(-1)?.task).toBe('task-1199')
  })

  it('TAX-11: is no reason to stop when the disk takes no more', async () => {
    const journal = memoryJournal()
    journal.breakDisk('full')
    const warnings: string[] = []
    const tax = taxCounter()
    const logger = { ...quietLogger, warn: (event: string) => void warnings.push(event) }
    const keeper = new TaxKeeper({
      ...{ tax, journal, logger },
      network: new MemoryHub().network(key),
      clock: new VirtualClock(),
    })
    tax.count('signatures', 1, 'work', 'a')
    await keeper.stop()
    expect(warnings).toEqual(['tax-not-kept'])
  })

  it('TAX-10: counts the bytes of the sockets once, under no task', async () => {
    let carried = { out: 100, in: 40 }
    const tax = taxCounter()
    const network = Object.assign(new MemoryHub().network(key), { socketBytes: () => carried })
    const keeper = new TaxKeeper({
      ...{ tax, network, logger: quietLogger },
      journal: memoryJournal(),
      clock: new VirtualClock(),
    })
    await keeper.costs()
    carried = { out: 150, in: 41 }
    const [none] = await keeper.costs()
    expect(none).toMatchObject({ task: null, phases: { overhead: { 'socket-out': 150, 'socket-in': 41 } } })
  })

  it('says which ids it does not know', async () => {
    const { requester } = await settled()
    const asked: unknown = await requester.tax('zzz').catch((error: unknown) => error)
    expect(asked instanceof HaggleError && asked.code).toBe('task/unknown')
  })

  it('TAX-07: tells how long the work took, by the signed times of accept and delivery', async () => {
    const requester = await world.stand(1).start()
    const worker = await world.stand(2).start()
    await world.clock.until(
      worker.serve('nap', async (each) => {
        await world.clock.sleep(3_000)
        return each.text()
      }).ready,
    )
    const job = await world.clock.until(requester.hire('nap', 'z', { key: 'k' }))
    await world.clock.until(job.settled())
    expect(await requester.tax('k')).toMatchObject([
      { workMs: 3_000, phases: { work: { 'wait-ms': expect.anything() } } },
    ])
  })
})
