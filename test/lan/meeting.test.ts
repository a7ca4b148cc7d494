import { writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from '../process/support/expect-exit.ts'
import { until } from '../process/support/limit.ts'
import { linesOf } from '../process/support/running.ts'
import type { Host } from './support/host.ts'
import { onLan } from './support/on-lan.ts'

onLan.concurrent('a hire on one host is served by a worker on another, with nothing configured', async ({ lan }) => {
  const { desk, shop, bystander } = await lan.hosts('desk', 'shop', 'bystander')
  await bystander.stage.up()
  const worker = await shop.stage.work('shout', [], 'tr', 'a-z', 'A-Z')
  const hired = await desk.stage.run(['hire', 'shout', '--key', 'task'], 'hello')
  expectExit(hired, 0)
  expect(hired.stdout.toString()).toBe('HELLO')
  await worker.event('settled')
  expect((await desk.stage.verify('me', 'task')).contracts).toMatchObject([{ end: 'settled' }])
})

onLan.concurrent('a host that joins late sees the offer that is open, and wins it', async ({ lan }) => {
  const { desk, bystander, late } = await lan.hosts('desk', 'bystander', 'late')
  await bystander.stage.up()
  const hiring = desk.stage.start(['hire', 'shout', '--wait', '60s', '--deadline', '90s', '--json'], 'hello')
  await hiring.event('offered')
  const worker = await late.stage.work('shout', [], 'tr', 'a-z', 'A-Z')
  await worker.event('bid')
  await worker.event('settled')
  expectExit(await hiring.ended(), 0)
  expect(hiring.events('result')).toMatchObject([{ result: { text: 'HELLO' } }])
})

onLan.concurrent('six hosts that start at once all find each other', async ({ lan }) => {
  const hosts = Object.values(await lan.hosts('a', 'b', 'c', 'd', 'e', 'f'))
  const ready = await Promise.all(hosts.map(async (host) => (await host.stage.up()).event('ready')))
  const all = ready.map(({ peerId }) => String(peerId))
  for (const [at, host] of hosts.entries()) {
    const others = all.filter((_, other) => other !== at).toSorted()
    await until(`host ${at + 1} to see the five others`, async () => {
      const seen = await peersOf(host)
      return seen.toString() === others.toString() ? true : undefined
    })
  }
})

onLan.concurrent('hosts with one secret work for each other beside a host without it', async ({ lan }) => {
  const { desk, shop, stranger } = await lan.hosts('desk', 'shop', 'stranger')
  const made = await desk.stage.run(['network', 'secret'])
  for (const host of [desk, shop]) await writeFile(host.stage.path('lab.secret'), made.stdout, { mode: 0o600 })
  const alone = await stranger.stage.work('shout', ['--price', '0.1'], 'cat')
  const worker = await shop.stage.work('shout', ['--secret', 'lab.secret'], 'tr', 'a-z', 'A-Z')
  const hired = await desk.stage.run(['hire', 'shout', '--secret', 'lab.secret', '--wait', '30s'], 'hello')
  expectExit(hired, 0)
  expect(hired.stdout.toString()).toBe('HELLO')
  await worker.event('settled')
  expect(alone.events('peer')).toEqual([])
  expect(alone.events('offered')).toEqual([])
})

async function peersOf(host: Host): Promise<readonly string[]> {
  const { stdout } = await host.stage.run(['peers', '--json'])
  // The command under test prints one object for each peer.
  return linesOf(stdout)
    .map((line) => (JSON.parse(line) as { peer: string }).peer)
    .toSorted()
}
