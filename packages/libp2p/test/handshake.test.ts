import { agentFromText } from '@haggle/protocol'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { agent, pair } from './support/agents.ts'
import { closed, frame, helloFrame, openDirect, stranger } from './support/stranger.ts'

test('NET-01: the agent key is the PeerId at the end of every address', async () => {
  const ada = await agent('ada')
  expect(ada.net.addresses().length).toBeGreaterThan(0)
  for (const address of ada.net.addresses()) expect(agentFromText(address.split('/p2p/')[1] ?? '')).toBe(ada.key)
})

test('NET-17: two agents that meet learn addresses, round trip and clock of each other', async () => {
  const [ada, bob] = await pair({}, { says: { time: Date.now() + 60_000 } })
  const [seen] = ada.seen.ups
  expect(seen?.addresses).toContain(bob.address)
  expect(seen?.rttMs).toBeGreaterThan(0)
  expect(seen?.clockSkewMs).toBeGreaterThan(30_000)
  expect(bob.seen.ups[0]?.clockSkewMs).toBeLessThan(-30_000)
})

test('NET-18: a stream opened anew replaces the old one: down, then up', async () => {
  const ada = await agent('ada')
  const host = await stranger(ada)
  const { stream, connection } = await openDirect(host, ada)
  stream.send(Buffer.concat([helloFrame(), frame(1)]))
  await ada.until(() => ada.seen.ups.length === 1)
  const again = await connection.newStream('/haggle/direct/1')
  again.send(Buffer.concat([helloFrame(), frame(1), frame(3, Uint8Array.of(7))]))
  await ada.until(() => ada.seen.frames.length === 1)
  expect(ada.seen.ups).toHaveLength(2)
  expect(ada.seen.downs).toHaveLength(1)
})

test('NET-18: a lost stream is opened again while the connection lives', async () => {
  const ada = await agent('ada')
  const host = await stranger(ada, false)
  let streams = 0
  await host.unhandle('/haggle/direct/1')
  await host.handle('/haggle/direct/1', (stream) => {
    streams += 1
    stream.send(Buffer.concat([helloFrame(), frame(1)]))
    if (streams === 1) setImmediate(() => stream.abort(new Error('lost')))
  })
  await ada.net.dial(host.getMultiaddrs()[0]?.toString() ?? '')
  await ada.until(() => ada.seen.ups.length > 0 && ada.net.peers().length === 1 && streams === 2)
  expect(host.getConnections()).toHaveLength(1)
})

test('NET-18: a stream from the side that does not open is refused', async () => {
  const ada = await agent('ada')
  const host = await stranger(ada, false)
  const { stream } = await openDirect(host, ada)
  if (stream.status === 'open') await new Promise((resolve) => stream.addEventListener('close', resolve))
  expect(stream.status).toBe('reset')
  expect(ada.seen.ups).toEqual([])
})

test('NET-19: peers of one name and other params both learn which differ, and part', async () => {
  const [ada, bob] = await Promise.all([
    agent('ada'),
    agent('bob', { says: { networkId: 'cd'.repeat(32), params: { lease: 9, ack: 2, grace: 3 } } }),
  ])
  await ada.net.dial(bob.address)
  await Promise.all([ada.until(() => ada.seen.mismatches.length > 0), bob.until(() => bob.seen.mismatches.length > 0)])
  const expected = { network: 'lab', differing: ['grace', 'lease'] }
  expect(ada.seen.mismatches).toEqual([expected])
  expect(bob.seen.mismatches).toEqual([expected])
  expect([...ada.seen.ups, ...bob.seen.ups]).toEqual([])
  expect([...ada.net.peers(), ...bob.net.peers()]).toEqual([])
})

test('NET-19: peers of other networks part without naming params', async () => {
  const [ada, bob] = await Promise.all([
    agent('ada'),
    agent('bob', { says: { network: 'fair', networkId: 'cd'.repeat(32), params: {} } }),
  ])
  await ada.net.dial(bob.address)
  await ada.until(() => ada.seen.mismatches.length > 0)
  expect(ada.seen.mismatches).toEqual([{ network: 'fair', differing: [] }])
})

test.each([
  ['a hello that is none', frame(0, Buffer.from('{"network":1}'))],
  ['a hello above its bound', frame(0, Buffer.alloc(8_193, 0x20))],
  ['a frame before the hello', frame(3, Buffer.from('hi'))],
])('NET-17 NET-25: %s ends the connection', async (_name, bytes) => {
  const ada = await agent('ada')
  const { stream, connection } = await openDirect(await stranger(ada), ada)
  stream.send(bytes)
  await closed(connection)
  expect(ada.seen.ups).toEqual([])
})

test('NET-25: a frame above the bound drops the peer, by its length alone', async () => {
  const ada = await agent('ada')
  const { stream, connection } = await openDirect(await stranger(ada), ada)
  stream.send(Buffer.concat([helloFrame(), frame(1)]))
  await ada.until(() => ada.seen.ups.length === 1)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(262_144 + 2)
  head[4] = 3
  stream.send(head)
  await closed(connection)
  await ada.until(() => ada.seen.downs.length === 1)
  expect(ada.seen.frames).toEqual([])
})

test('NET-09: a peer whose gossip went with one of two connections is reconnected whole', async () => {
  const ada = await agent('ada')
  ada.net.subscribe('haggle/1/lab/adverts')
  const host = await stranger(ada)
  const gossips = new Promise((resolve) => host.services.pubsub.addEventListener('subscription-change', resolve))
  const { stream, connection } = await openDirect(host, ada)
  await gossips
  const second = await host.dial(multiaddr(ada.address), { force: true })
  stream.send(Buffer.concat([helloFrame(), frame(1)]))
  await ada.until(() => ada.seen.ups.length === 1)
  // The direct stream moves to the second connection: only gossip is lost with the first.
  const moved = await second.newStream('/haggle/direct/1')
  moved.send(Buffer.concat([helloFrame(), frame(1)]))
  await ada.until(() => ada.seen.ups.length === 2)
  await connection.close()
  await closed(second)
  await ada.until(() => ada.seen.downs.length === 2)
  expect(ada.net.peers()).toEqual([])
})
