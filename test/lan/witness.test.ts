import { expect } from 'vitest'
import type { Running } from '../process/support/running.ts'
import { panelIn } from '../process/support/shown.ts'
import { agreed, certifiedAt, convicted } from './support/evidence.ts'
import { onLan } from './support/on-lan.ts'
import { DECIDED_MS, sameNumbers, town, type Place } from './support/town.ts'

/** A witness that was drawn, and all the others: with a panel of four three have to say the same then. */
async function oneOfThePanel({ host }: Place, others: readonly Place[]): Promise<[Place, readonly Place[]]> {
  const panel = panelIn((await host.stage.run(['contract', 'export', 'task'])).stdout)
  expect(panel).toHaveLength(4)
  const down = others.find(({ peer }) => panel.includes(peer))
  if (down === undefined) throw new Error('the panel sits elsewhere')
  return [down, others.filter((each) => each !== down)]
}

/** A contract on which the worker has begun, and will not end before its gate is opened. */
async function working(desk: Place, shop: Place): Promise<Running> {
  const hiring = desk.host.stage.start(
    ['hire', 'shout', '--key', 'task', '--deadline', '20s', '--attempts', '1', '--json'],
    'x',
  )
  await hiring.event('opened')
  await shop.host.stage.atGate('go')
  return hiring
}

onLan(
  'a worker that is killed before it delivers is convicted at every host that is up, one witness down',
  async ({ lan }) => {
    const { desk, shop, others } = await town(lan, 6)
    const hiring = await working(desk, shop)
    const { records = [] } = await desk.host.stage.show('me', 'task')
    expect(records.map(({ type }) => type)).toContain('witness-set')

    await shop.agent.kill()
    const [down, up] = await oneOfThePanel(desk, others)
    await down.agent.kill()
    expect((await hiring.ended(DECIDED_MS)).code).not.toBe(0)

    const seen = await agreed([desk, ...up], shop.peer, 'NO_DELIVERY')
    expect(seen.quality.permille).toBeLessThan(300)
    expect(seen.quality.faults).toMatchObject([{ fault: 'NO_DELIVERY', grade: 'witnessed' }])
    const { contract } = await convicted(desk, shop.peer, 'NO_DELIVERY')
    for (const place of [desk, ...up]) expect(await certifiedAt(place, contract)).toContain('delivery absent')

    // A machine that saw nothing of it comes to the same from the file alone.
    const exported = await desk.host.stage.run(['contract', 'export', 'task'])
    const elsewhere = await lan.host()
    expect((await elsewhere.stage.verdicts(exported.stdout)).contracts).toMatchObject([
      { end: 'breached', fault: 'NO_DELIVERY', grade: 'witnessed', party: shop.peer },
    ])
  },
)

onLan(
  'a worker that is cut off before it delivers is convicted at every host that is up, one witness down, and agrees when it is back',
  async ({ lan }) => {
    const { desk, shop, others } = await town(lan, 6)
    const hiring = await working(desk, shop)
    const before = await sameNumbers([desk, shop, ...others], shop.peer)

    shop.host.unplug()
    const [down, up] = await oneOfThePanel(desk, others)
    await down.agent.kill()
    // It finishes in time, and nobody can know.
    await shop.host.stage.openGate('go')
    await shop.agent.event('delivered')
    expect((await hiring.ended(DECIDED_MS)).code).not.toBe(0)

    const seen = await agreed([desk, ...up], shop.peer, 'NO_DELIVERY')
    expect(seen.quality.permille).toBeLessThan(before.quality.permille)
    expect(seen.quality.faults).toMatchObject([{ fault: 'NO_DELIVERY', grade: 'witnessed' }])
    const { contract } = await convicted(desk, shop.peer, 'NO_DELIVERY')
    for (const place of [desk, ...up]) expect(await certifiedAt(place, contract)).toContain('delivery absent')
    expect((await sameNumbers([shop], shop.peer)).quality).toEqual(before.quality)

    shop.host.plug()
    expect((await agreed([shop, desk, ...up], shop.peer, 'NO_DELIVERY')).quality).toEqual(seen.quality)
    expect(await certifiedAt(shop, contract)).toContain('delivery absent')
  },
)

onLan('with four hosts one witness decides, and everybody believes it', async ({ lan }) => {
  const { desk, shop, others } = await town(lan, 2)
  const hiring = desk.host.stage.start(
    ['hire', 'shout', '--key', 'task', '--deadline', '20s', '--attempts', '1', '--json'],
    'x',
  )
  await hiring.event('opened')
  await shop.host.stage.atGate('go')
  await shop.agent.kill()
  expect((await hiring.ended(DECIDED_MS)).code).not.toBe(0)
  await agreed([desk, ...others], shop.peer, 'NO_DELIVERY')
  expect((await desk.host.stage.verify('me', 'task')).contracts).toMatchObject([
    { fault: 'NO_DELIVERY', grade: 'witnessed' },
  ])
})

onLan(
  'a requester that takes the work and falls silent has approved it and pays a quarter, as a third host sees',
  async ({ lan }) => {
    const { desk, shop, others } = await town(lan, 6)
    const hiring = desk.host.stage.start(
      ['hire', 'shout', '--key', 'task', '--deadline', '20s', '--accept', 'cmd:sleep 60', '--json'],
      'x',
    )
    await hiring.event('opened')
    await shop.host.stage.openGate('go')
    await hiring.event('delivered')
    await desk.agent.kill()

    const settled = await shop.agent.event('settled', {}, DECIDED_MS)
    expect(settled).toMatchObject({ fault: 'SILENT_REVIEW' })
    const seen = await agreed([shop, ...others], desk.peer, 'SILENT_REVIEW')
    expect(seen.debt.total).toBeGreaterThan(0)
    for (const third of others)
      expect(await convicted(third, desk.peer, 'SILENT_REVIEW')).toMatchObject({
        end: 'settled',
        faults: [{ party: desk.peer, slash: 0.25 }],
      })
  },
)
