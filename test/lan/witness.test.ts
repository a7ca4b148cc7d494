import { writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { until } from '../process/support/limit.ts'
import { linesOf, type Running } from '../process/support/running.ts'
import type { Host } from './support/host.ts'
import { onLan } from './support/on-lan.ts'
import type { Lan } from './support/lan.ts'

/** A contract of the lan profile that nobody fulfils is decided within its deadline, the asks and the late window. */
const DECIDED_MS = 120_000

interface Place {
  readonly host: Host
  readonly name: string
  readonly agent: Running
  readonly peer: string
}

/** What `why --json` says of quality, and what `evidence list --json` proves: as far as these tests look. */
interface WhySeen {
  readonly quality: {
    readonly permille: number
    readonly faults: readonly { readonly fault: string; readonly grade: string }[]
  }
  readonly debt: { readonly total: number }
}
interface EvidenceSeen {
  readonly faults?: readonly { readonly party: string; readonly fault: string; readonly grade: string }[]
  readonly records: Readonly<Record<string, number>>
}

/** So many hosts on one LAN that trust one genesis file: a requester, a worker that waits at its gate, and witnesses. */
async function town(lan: Lan, witnesses: number): Promise<{ desk: Place; shop: Place; others: readonly Place[] }> {
  const { desk, shop } = await lan.hosts('desk', 'shop')
  const rest: Host[] = []
  for (let n = 0; n < witnesses; n += 1) rest.push(await lan.host())
  const anchor = await desk.stage.up()
  const { peerId } = await anchor.event('ready')
  await anchor.kill()
  const genesis = JSON.stringify({ haggle: 1, network: 'haggle', anchors: [peerId] })
  for (const host of [desk, shop, ...rest]) {
    host.stage.witness = true
    await writeFile(host.stage.path('town.json'), genesis)
  }
  const started = async (host: Host, name: string, agent: Promise<Running>): Promise<Place> => {
    const running = await agent
    const { peerId: peer } = await running.event('ready')
    return { host, name, agent: running, peer: String(peer) }
  }
  const flags = ['--genesis', 'town.json']
  const others = await Promise.all(rest.map((host) => started(host, 'me', host.stage.up(...flags))))
  const worker = await started(shop, 'shout', shop.stage.work('shout', flags, ...shop.stage.gated('go')))
  const requester = await started(desk, 'me', desk.stage.up(...flags))
  await until('the requester to see everybody', async () => {
    const { stdout } = await desk.stage.run(['peers', '--json'])
    return linesOf(stdout).length > witnesses ? true : undefined
  })
  return { desk: requester, shop: worker, others }
}

async function evidenceOf({ host, name }: Place): Promise<readonly EvidenceSeen[]> {
  const { stdout } = await host.stage.run(['evidence', 'list', '--json', '--as', name])
  // The command under test prints one object for each contract, and a last one with the digest.
  return linesOf(stdout).map((line) => JSON.parse(line) as EvidenceSeen)
}

async function why({ host, name }: Place, peer: string): Promise<WhySeen> {
  const { code, stdout, stderr } = await host.stage.run(['why', peer, '--json', '--as', name])
  if (code !== 0) throw new Error(`why left with ${code}: ${stderr}`)
  return JSON.parse(stdout.toString()) as WhySeen
}

/** Waits until every one of these holds a certified fault of this agent, and expects that all print the same numbers for it. */
async function agreed(places: readonly Place[], peer: string, fault: string): Promise<WhySeen> {
  for (const place of places) {
    await until(
      `${place.host.ip} to hold ${fault}`,
      async () => {
        const held = await evidenceOf(place)
        return held.some(({ faults }) => faults?.some((each) => each.party === peer && each.fault === fault))
          ? true
          : undefined
      },
      DECIDED_MS,
    )
  }
  const [first, ...rest] = await Promise.all(places.map((place) => why(place, peer)))
  if (first === undefined) throw new Error('somebody is asked')
  for (const other of rest) expect(other.quality).toEqual(first.quality)
  return first
}

onLan(
  'a worker that is killed before it delivers is convicted at every host that is up, one witness down',
  async ({ lan }) => {
    const { desk, shop, others } = await town(lan, 6)
    const hiring = desk.host.stage.start(
      ['hire', 'shout', '--key', 'task', '--deadline', '20s', '--attempts', '1', '--json'],
      'x',
    )
    await hiring.event('opened')
    await shop.host.stage.atGate('go')
    const { records = [] } = await desk.host.stage.show('me', 'task')
    expect(records.map(({ type }) => type)).toContain('witness-set')

    await shop.agent.kill()
    const [down, ...up] = others
    await down?.agent.kill()
    expect((await hiring.ended(DECIDED_MS)).code).not.toBe(0)

    const seen = await agreed([desk, ...up], shop.peer, 'NO_DELIVERY')
    expect(seen.quality.permille).toBeLessThan(300)
    expect(seen.quality.faults).toMatchObject([{ fault: 'NO_DELIVERY', grade: 'witnessed' }])

    // A machine that saw nothing of it comes to the same from the file alone.
    const exported = await desk.host.stage.run(['contract', 'export', 'task'])
    const elsewhere = await lan.host()
    expect((await elsewhere.stage.verdicts(exported.stdout)).contracts).toMatchObject([
      { end: 'breached', fault: 'NO_DELIVERY', grade: 'witnessed', party: shop.peer },
    ])
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
  },
)
