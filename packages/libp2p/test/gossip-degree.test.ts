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

test('NET-78: what a node says first goes to every peer that listens, what it hears to three to five of them', async () => {
  const hosts = await Promise.all(Array.from({ length: HOSTS }, (_, index) => hostOf(`degree ${index}`)))
  for (const [index, host] of hosts.entries())
    for (const other of hosts.slice(index + 1)) await host.dial(other.getMultiaddrs().map((each) => multiaddr(each)))
  const pubsubs = hosts.map(({ services }) => services.pubsub)
  for (const pubsub of pubsubs) pubsub.subscribe(TOPIC)
  await vi.waitFor(
    () => {
      for (const pubsub of pubsubs) {
        expect(pubsub.getSubscribers(TOPIC)).toHaveLength(HOSTS - 1)
        const passedOnTo = meshOf(pubsub).get(TOPIC)?.size
        expect(passedOnTo).toBeGreaterThanOrEqual(3)
        expect(passedOnTo).toBeLessThanOrEqual(5)
      }
    },
    { timeout: 20_000, interval: 100 },
  )
  const { recipients } = (await pubsubs[0]?.publish(TOPIC, Buffer.from('said first'))) ?? { recipients: [] }
  expect(recipients).toHaveLength(HOSTS - 1)
}, 30_000)
