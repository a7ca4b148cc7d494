import { once } from 'node:events'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Host } from '../src/host.ts'
import { seedOf } from './support/agents.ts'
import { bareHost } from './support/bare-host.ts'

const TOPIC = 'haggle/1/lab/market/7'
const HOSTS = 9

async function hostOf(name: string): Promise<Host> {
  const host = await bareHost(seedOf(name), { subscribed: new Set([TOPIC]) })
  onTestFinished(async () => host.stop())
  await host.start()
  return host
}

/** Whom a node passes messages on to, by topic: public on the class of gossipsub, and not part of its interface. */
function meshOf(pubsub: object): ReadonlyMap<string, ReadonlySet<string>> {
  if (!('mesh' in pubsub) || !(pubsub.mesh instanceof Map))
    throw new Error('this gossipsub is not the one that was tried')
  return pubsub.mesh
}

test('NET-78: what a node says first goes to every peer that listens, what it hears to two at least and four on average', async () => {
  const hosts = await Promise.all(Array.from({ length: HOSTS }, (_, index) => hostOf(`degree ${index}`)))
  for (const [index, host] of hosts.entries())
    for (const other of hosts.slice(index + 1)) await host.dial(other.getMultiaddrs().map((each) => multiaddr(each)))
  const pubsubs = hosts.map(({ services }) => services.pubsub)
  for (const pubsub of pubsubs) pubsub.subscribe(TOPIC)
  await vi.waitFor(
    () => {
      for (const pubsub of pubsubs) {
        expect(pubsub.getSubscribers(TOPIC)).toHaveLength(HOSTS - 1)
        expect(meshOf(pubsub).get(TOPIC)?.size).toBeGreaterThanOrEqual(2)
      }
    },
    { timeout: 20_000, interval: 100 },
  )
  const passedOnTo = pubsubs.map((pubsub) => meshOf(pubsub).get(TOPIC)?.size ?? 0)
  expect(passedOnTo.reduce((sum, peers) => sum + peers, 0)).toBeLessThanOrEqual(4 * HOSTS)
  const { recipients } = (await pubsubs[0]?.publish(TOPIC, Buffer.from('said first'))) ?? { recipients: [] }
  expect(recipients).toHaveLength(HOSTS - 1)
}, 30_000)

test('NET-78: a node passes on to twelve peers that know nobody else, and to no more', async () => {
  const hub = await hostOf('full hub')
  const { pubsub } = hub.services
  pubsub.subscribe(TOPIC)
  const around = await Promise.all(Array.from({ length: 14 }, (_, index) => hostOf(`last ${index}`)))
  for (const host of around) {
    host.services.pubsub.subscribe(TOPIC)
    await host.dial(hub.getMultiaddrs().map((each) => multiaddr(each)))
  }
  const passedOnTo = (): number | undefined => meshOf(pubsub).get(TOPIC)?.size
  await vi.waitFor(() => expect(passedOnTo()).toBeGreaterThanOrEqual(12), { timeout: 20_000, interval: 5 })
  // By the second look after that each of those left out has asked.
  await once(pubsub, 'gossipsub:heartbeat')
  await once(pubsub, 'gossipsub:heartbeat')
  expect(passedOnTo()).toBe(12)
}, 60_000)

/** How many lists of ids a node was sent, counted where it reads them: public on the class, and not part of its interface. */
function listsTo(pubsub: object): () => number {
  if (!hasListReader(pubsub)) throw new Error('this gossipsub is not the one that was tried')
  const read = vi.spyOn(pubsub, 'handleIHave')
  return () => read.mock.calls.length
}

function hasListReader(pubsub: object): pubsub is { handleIHave: (...args: readonly unknown[]) => unknown } {
  return 'handleIHave' in pubsub && typeof pubsub.handleIHave === 'function'
}

test('NET-78: lists of ids go to three peers at a time, however many there are', async () => {
  const hub = await hostOf('hub')
  const { pubsub } = hub.services
  pubsub.subscribe(TOPIC)
  const around = await Promise.all(Array.from({ length: 3 * HOSTS }, (_, index) => hostOf(`spoke ${index}`)))
  const lists = around.map(({ services }) => listsTo(services.pubsub))
  const sent = (): number => lists.reduce((sum, count) => sum + count(), 0)
  for (const host of around) {
    host.services.pubsub.subscribe(TOPIC)
    await host.dial(hub.getMultiaddrs().map((each) => multiaddr(each)))
  }
  await vi.waitFor(() => expect(pubsub.getSubscribers(TOPIC)).toHaveLength(around.length), { timeout: 20_000 })
  await pubsub.publish(TOPIC, Buffer.from('heard by all'))
  await vi.waitFor(() => expect(sent()).toBeGreaterThan(0), { timeout: 20_000, interval: 5 })
  // Told when the next ones are on their way and none has come.
  await once(pubsub, 'gossipsub:heartbeat')
  expect(sent()).toBe(3)
}, 60_000)
