import type { AgentKey } from '@haggle/protocol'
import { expect, test } from 'vitest'
import { Misuse } from '../src/misuse.ts'
import { rpcOf } from './support/attacker.ts'
import { agent } from './support/agents.ts'
import { closed, openDirect, stranger } from './support/stranger.ts'

// Keys are only compared here.
const keyOf = (name: string): AgentKey => name.padEnd(64, '0') as AgentKey
const [ada, bob] = [keyOf('ada'), keyOf('bob')]
const HERE = '192.0.2.1'

/** Wastes evenly for so long; true when the peer was not worth keeping any more. */
function wastes(misuse: Misuse, key: AgentKey, perSecond: number, seconds: number, ip = HERE, from = 0): boolean {
  for (let n = 0; n < perSecond * seconds; n += 1) {
    if (misuse.wasted(key, ip, from + (n * 1_000) / perSecond)) return true
  }
  return false
}

test('NET-60: ten times the quota of a second is too much, and what is forgiven meanwhile is borne', () => {
  expect(wastes(new Misuse(), ada, 490, 60)).toBe(false)
  expect(wastes(new Misuse(), ada, 2_000, 1)).toBe(false)
  expect(wastes(new Misuse(), ada, 5_000, 1)).toBe(true)
})

test('NET-60: who was let go stays out twice as long each time, up to ten minutes', () => {
  const misuse = new Misuse()
  const spans = Array.from({ length: 8 }, () => misuse.letGo(ada, HERE, 0))
  expect(spans).toEqual([10, 20, 40, 80, 160, 320, 600, 600].map((seconds) => seconds * 1_000))
  expect([misuse.isOut(ada, 599_999), misuse.isOut(ada, 600_001), misuse.isOut(bob, 0)]).toEqual([true, false, false])
})

test('T-49 NET-61: a hundred keys of one address answer for each other, and who wastes nothing does not', () => {
  const misuse = new Misuse()
  const keys = Array.from({ length: 100 }, (_, n) => keyOf(`k${n}-`))
  const left = new Set<AgentKey>()
  // Fifty a second each, a hundred keys: far below what one of them may waste.
  for (let n = 0; n < 20_000; n += 1) {
    const key = keys[n % keys.length] ?? ada
    if (misuse.wasted(key, HERE, n / 5)) left.add(key)
  }
  expect(left.size).toBe(100)
  // One neighbour brings a useless message now and then, another address as many as before.
  expect(wastes(misuse, ada, 8, 4, HERE, 4_000)).toBe(false)
  expect(wastes(misuse, bob, 490, 4, '192.0.2.2', 4_000)).toBe(false)
})

test('NET-61: a burst of two thousand useless messages parts nobody from those who bring it together', () => {
  const keys = Array.from({ length: 20 }, (_, n) => keyOf(`k${n}-`))
  const burst = (messages: number): boolean => {
    const misuse = new Misuse()
    return Array.from({ length: messages }, (_, n) => misuse.wasted(keys[n % keys.length] ?? ada, HERE, 0)).includes(
      true,
    )
  }
  expect([burst(2_000), burst(2_100)]).toEqual([false, true])
})

test('NET-61: waste of one host of IPv6 is counted whatever address it takes of its network', () => {
  const misuse = new Misuse()
  for (let n = 0; n < 20_000; n += 1) misuse.wasted(keyOf(`k${n % 8}-`), `2001:db8::${(n % 999) + 1}`, n / 5)
  expect(wastes(misuse, bob, 100, 1, '2001:db8:0:0:7::1', 4_000)).toBe(true)
  expect(wastes(misuse, ada, 100, 1, '2001:db8:0:1::1', 4_000)).toBe(false)
  for (let n = 0; n < 20_000; n += 1) misuse.wasted(keyOf(`l${n % 8}-`), '::ffff:192.0.2.9', n / 5)
  expect(wastes(misuse, keyOf('cyd'), 100, 1, '192.0.2.9', 4_000)).toBe(true)
})

test('NET-62: an address whose connections lead to nothing is not let in, and is again after a while', () => {
  const misuse = new Misuse()
  for (let n = 0; n < 63; n += 1) misuse.cameInVain(HERE, 0)
  expect(misuse.isOverdrawn(HERE, 0)).toBe(false)
  misuse.cameInVain(HERE, 0)
  expect([misuse.isOverdrawn(HERE, 0), misuse.isOverdrawn('192.0.2.2', 0)]).toEqual([true, false])
  expect(misuse.isOverdrawn(HERE, 1_000)).toBe(false)
  for (let n = 0; n < 100; n += 1) misuse.letGo(keyOf(`k${n}-`), HERE, 2_000)
  // However much it was, half a minute later it is let in.
  expect([misuse.isOverdrawn(HERE, 30_000), misuse.isOverdrawn(HERE, 35_000)]).toEqual([true, false])
})

test('NET-60: a peer that floods gossip is disconnected at once, and its next connection is denied', async () => {
  const victim = await agent('victim', { verdict: () => 'waste' })
  victim.net.subscribe('market')
  const host = await stranger(victim)
  const { connection } = await openDirect(host, victim)
  const gossip = await connection.newStream('/meshsub/1.2.0')
  const messages = (round: number) =>
    Array.from({ length: 1_000 }, (_, n) => ({ topic: 'market', data: Buffer.from(`${round} ${n}`) }))
  for (let round = 0; round < 8 && connection.status === 'open'; round += 1)
    gossip.send(rpcOf({ messages: messages(round) }))
  await closed(connection)
  await victim.until(() => victim.seen.letGo.length > 0)
  expect(victim.seen.letGo).toEqual([10_000])
  // The handshake shows who it is; then it ends.
  const again = await openDirect(host, victim).catch(() => undefined)
  if (again !== undefined) await closed(again.connection)
  expect(victim.seen.ups.length).toBeLessThanOrEqual(1)
})

test('NET-63 NET-68: of the messages of one peer that wait, more than 512 are dropped unseen, and each is told', async () => {
  let release = (): void => {}
  const looks = new Promise<'accept'>((resolve) => (release = () => resolve('accept')))
  const victim = await agent('victim', { verdict: () => looks })
  victim.net.subscribe('market')
  const { connection } = await openDirect(await stranger(victim), victim)
  const gossip = await connection.newStream('/meshsub/1.2.0')
  gossip.send(
    rpcOf({ messages: Array.from({ length: 600 }, (_, n) => ({ topic: 'market', data: Buffer.from(`${n}`) })) }),
  )
  await victim.until(() => victim.seen.overrun.length + victim.seen.gossip.length === 600)
  release()
  expect(victim.seen.gossip).toHaveLength(512)
  expect(new Set(victim.seen.overrun)).toEqual(new Set(victim.seen.gossip.map(({ from }) => from)))
})

test('NET-74: says from where a peer is connected, and of one that was let go that it is gone', async () => {
  const victim = await agent('victim', { verdict: () => 'waste' })
  victim.net.subscribe('market')
  const { connection } = await openDirect(await stranger(victim), victim)
  const gossip = await connection.newStream('/meshsub/1.2.0')
  const messages = (round: number) =>
    Array.from({ length: 1_000 }, (_, n) => ({ topic: 'market', data: Buffer.from(`${round} ${n}`) }))
  gossip.send(rpcOf({ messages: messages(0) }))
  await victim.until(() => victim.seen.gossip.length > 0)
  const from = victim.seen.gossip[0]?.from ?? victim.key
  expect(victim.net.originOf?.(from)).toBe('127.0.0.1')
  for (let round = 1; round < 8 && connection.status === 'open'; round += 1)
    gossip.send(rpcOf({ messages: messages(round) }))
  await victim.until(() => victim.seen.letGo.length > 0)
  expect(victim.net.originOf?.(from)).toBe(null)
})
