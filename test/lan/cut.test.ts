import { expect } from 'vitest'
import { expectExit } from '../process/support/expect-exit.ts'
import { passing, until } from '../process/support/limit.ts'
import { linesOf } from '../process/support/running.ts'
import { agreeing, notConflicting } from './support/ends.ts'
import type { Host } from './support/host.ts'
import { onLan } from './support/on-lan.ts'

const CUT_MS = 20_000

onLan.concurrent('a worker whose cable is out for 20 s in mid-contract delivers when it is back', async ({ lan }) => {
  const { desk, shop } = await lan.hosts('desk', 'shop')
  await desk.stage.up()
  const worker = await shop.stage.work('shout', [], ...shop.stage.gated('go'))
  const hiring = desk.stage.start(['hire', 'shout', '--key', 'task', '--deadline', '120s', '--json'], 'hello')
  await hiring.event('opened')
  await shop.stage.atGate('go')

  shop.unplug()
  await passing(CUT_MS / 2)
  await shop.stage.openGate('go')
  await worker.event('delivered')
  await passing(CUT_MS / 2)
  await notConflicting(desk, shop, 'task')
  shop.plug()

  await worker.event('settled')
  expectExit(await hiring.ended(), 0)
  expect(hiring.events('result')).toMatchObject([{ generation: 1, result: { text: 'HELLO' } }])
  expect(await agreeing(desk, shop, 'task')).toEqual([{ generation: 1, end: 'settled' }])
})

onLan.concurrent(
  'a task whose worker is cut off goes to the reserve, and the old contract ends the same on both sides',
  async ({ lan }) => {
    const { desk, shop, spare } = await lan.hosts('desk', 'shop', 'spare')
    await desk.stage.up()
    const worker = await shop.stage.work('shout', [], ...shop.stage.gated('go'))
    await spare.stage.work('shout', ['--price', '5'], 'tr', 'a-z', 'A-Z')
    const hiring = desk.stage.start(['hire', 'shout', '--key', 'task', '--deadline', '120s', '--json'], 'hello')
    await hiring.event('opened', { generation: 1 })
    await shop.stage.atGate('go')

    shop.unplug()
    await hiring.event('settled', { generation: 2 })
    expectExit(await hiring.ended(), 0)
    await shop.stage.openGate('go')
    await worker.event('delivered')
    await passing(CUT_MS / 2)
    await notConflicting(desk, shop, 'task')
    shop.plug()

    await worker.event('undecided')
    expect(await agreeing(desk, shop, 'task')).toEqual([{ generation: 1, end: 'undecided' }])
    expect(await agreeing(desk, spare, 'task')).toEqual([{ generation: 2, end: 'settled' }])
  },
)

onLan.concurrent('a contract whose deadline passes in the cut ends the same on both sides', async ({ lan }) => {
  const { desk, shop } = await lan.hosts('desk', 'shop')
  await desk.stage.up()
  await shop.stage.work('shout', [], ...shop.stage.gated('go'))
  const hiring = desk.stage.start(['hire', 'shout', '--key', 'task', '--deadline', '15s', '--json'], 'hello')
  await hiring.event('opened')
  await shop.stage.atGate('go')

  shop.unplug()
  expectExit(await hiring.ended(), 4)
  await shop.stage.openGate('go')
  await passing(CUT_MS)
  await notConflicting(desk, shop, 'task')
  shop.plug()
  expect(await agreeing(desk, shop, 'task')).toEqual([{ generation: 1, end: 'undecided' }])
})

onLan.concurrent('a worker that hears nothing while it is heard ends like its requester', async ({ lan }) => {
  const { desk, shop } = await lan.hosts('desk', 'shop')
  await desk.stage.up()
  const worker = await shop.stage.work('shout', [], ...shop.stage.gated('go'))
  const hiring = desk.stage.start(['hire', 'shout', '--key', 'task', '--deadline', '120s', '--json'], 'hello')
  await hiring.event('opened')
  await shop.stage.atGate('go')

  shop.deafTo(desk)
  await shop.stage.openGate('go')
  await worker.event('delivered')
  await passing(CUT_MS)
  await notConflicting(desk, shop, 'task')
  shop.hears()
  await worker.event('settled')
  expectExit(await hiring.ended(), 0)
  expect(await agreeing(desk, shop, 'task')).toEqual([{ generation: 1, end: 'settled' }])
})

onLan.concurrent('a requester that hears nothing of its worker gives the task to the reserve', async ({ lan }) => {
  const { desk, shop, spare } = await lan.hosts('desk', 'shop', 'spare')
  await desk.stage.up()
  const worker = await shop.stage.work('shout', [], ...shop.stage.gated('go'))
  await spare.stage.work('shout', ['--price', '5'], 'tr', 'a-z', 'A-Z')
  const hiring = desk.stage.start(
    ['hire', 'shout', '--key', 'task', '--bids', '2s', '--deadline', '120s', '--json'],
    'hello',
  )
  await hiring.event('opened', { generation: 1 })
  await shop.stage.atGate('go')

  desk.deafTo(shop)
  await hiring.event('settled', { generation: 2 })
  expectExit(await hiring.ended(), 0)
  await shop.stage.openGate('go')
  await passing(CUT_MS / 2)
  await notConflicting(desk, shop, 'task')
  desk.hears()
  await worker.event('undecided')
  expect(await agreeing(desk, shop, 'task')).toEqual([{ generation: 1, end: 'undecided' }])
  expect(await agreeing(desk, spare, 'task')).toEqual([{ generation: 2, end: 'settled' }])
})

onLan.concurrent('a host that vanishes loses its task to the reserve', async ({ lan }) => {
  const { desk, shop, spare } = await lan.hosts('desk', 'shop', 'spare')
  await shop.stage.work('shout', [], ...shop.stage.gated('go'))
  await spare.stage.work('shout', ['--price', '5'], 'tr', 'a-z', 'A-Z')
  const hiring = desk.stage.start(
    ['hire', 'shout', '--key', 'task', '--bids', '2s', '--deadline', '60s', '--json'],
    'hello',
  )
  await hiring.event('opened', { generation: 1 })
  await shop.stage.atGate('go')
  shop.vanish()
  expectExit(await hiring.ended(), 0)
  expect(hiring.events('result')).toMatchObject([{ generation: 2, result: { text: 'HELLO' } }])
  expect((await desk.stage.verify('me', 'task')).contracts).toMatchObject([
    { generation: 1, end: 'undecided' },
    { generation: 2, end: 'settled' },
  ])
})

onLan.concurrent(
  'NET-30, NET-31: hosts that a long cut parts miss each other, and meet again soon after it',
  async ({ lan }) => {
    const { desk, shop } = await lan.hosts('desk', 'shop')
    await Promise.all([desk.stage.up(), shop.stage.up()])
    await until('the two to meet', () => met(desk, 1))
    shop.unplug()
    await until('the two to miss each other', () => met(desk, 0), 120_000)
    await until('the other to miss the one', () => met(shop, 0), 120_000)
    await passing(30_000)
    shop.plug()
    // The wait before the next dial has grown to most of a minute by now; that it announces itself must cut it short.
    await until('the two to meet again', () => met(desk, 1), 20_000)
  },
)

async function met(host: Host, count: number): Promise<true | undefined> {
  const { stdout } = await host.stage.run(['peers', '--json'])
  return linesOf(stdout).length === count ? true : undefined
}
