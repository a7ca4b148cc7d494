import { expect, test } from 'vitest'
import { agent, met } from './support/agents.ts'

const TOPIC = 'haggle/1/lab/adverts'

test('NET-21 NET-22: twelve agents of one machine that know only one of them all meet and all hear a message', async () => {
  const hub = await agent('hub')
  const names = Array.from({ length: 11 }, (_, n) => `leaf ${n}`)
  const leaves = await Promise.all(names.map((name) => agent(name, { bootstrap: [hub.address] })))
  const all = [hub, ...leaves]
  for (const { net } of all) net.subscribe(TOPIC)
  await Promise.all(all.map((one) => one.until(() => one.net.peers().length === 11)))
  const [publisher] = leaves
  if (publisher === undefined) throw new Error('there are leaves')
  await publisher.net.listening(TOPIC, 11)
  await expect(publisher.net.publish(TOPIC, Buffer.from('to all'))).resolves.toEqual({ recipients: 11 })
  const others = all.filter((one) => one !== publisher)
  await Promise.all(others.map((one) => one.until(() => one.seen.gossip.length > 0)))
  expect(others.map(({ seen }) => seen.gossip.length)).toEqual(others.map(() => 1))
  expect(all.map(({ seen }) => seen.ups.length)).toEqual(all.map(() => 11))
})

test('NET-05: a hub of sixteen peers with one IP address still reaches them all', async () => {
  const hub = await agent('hub')
  const names = Array.from({ length: 16 }, (_, n) => `spoke ${n}`)
  // Full with the hub alone, so each hears of nothing but through it.
  const spokes = await Promise.all(names.map((name) => agent(name, { bootstrap: [hub.address], maxPeers: 1 })))
  for (const { net } of spokes) net.subscribe(TOPIC)
  await hub.net.listening(TOPIC, 16)
  await expect(hub.net.publish(TOPIC, Buffer.from('to all'))).resolves.toEqual({ recipients: 16 })
  await Promise.all(spokes.map((one) => one.until(() => one.seen.gossip.length === 1)))
})

test('NET-08: a full agent keeps its peers, and tells a newcomer of them before they part', async () => {
  const hub = await agent('hub', { maxPeers: 1 })
  const first = await agent('first', { bootstrap: [hub.address] })
  await met(first, hub)
  const second = await agent('second', { bootstrap: [hub.address] })
  await Promise.all([met(second, first), met(first, second)])
  expect(hub.net.peers().map(({ key }) => key)).toEqual([first.key])
})

test('NET-22: a bootstrap peer that comes later, and comes back, is dialled until it answers', async () => {
  const early = await agent('early')
  const { address } = early
  const port = address.split('/')[4] ?? ''
  await early.net.stop()
  const ada = await agent('ada', { bootstrap: [`/ip4/127.0.0.1/tcp/${port}`] })
  const bob = await agent('bob', { listen: [`/ip4/127.0.0.1/tcp/${port}`] })
  await met(ada, bob)
  await bob.net.stop()
  await ada.until(() => ada.seen.downs.length === 1)
  const again = await agent('bob', { listen: [`/ip4/127.0.0.1/tcp/${port}`] })
  await met(ada, again)
  expect(ada.seen.ups).toHaveLength(2)
})
