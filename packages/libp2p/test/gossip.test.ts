import { limits } from '@haggle/protocol'
import { expect, test } from 'vitest'
import { agent, met, pair } from './support/agents.ts'
import type { Agent, AgentOptions } from './support/agents.ts'

const TOPIC = 'haggle/1/lab/market/7'
const text = (value: string): Uint8Array => Buffer.from(value)
const heard = ({ seen }: Agent): string[] => seen.gossip.map((message) => message.text)

/** ada - bob - cyd in a line: what cyd hears of ada came through bob. */
async function line(middle: AgentOptions = {}): Promise<readonly [Agent, Agent, Agent]> {
  // Nobody tells of others here: bob is full with two, and a line of strangers stays a line.
  const [ada, bob, cyd] = await Promise.all([
    agent('ada', { maxPeers: 1 }),
    agent('bob', middle),
    agent('cyd', { maxPeers: 1 }),
  ])
  for (const { net } of [ada, bob, cyd]) net.subscribe(TOPIC)
  await ada.net.dial(bob.address)
  await met(ada, bob)
  await cyd.net.dial(bob.address)
  await met(cyd, bob)
  await Promise.all([ada.net.listening(TOPIC, 1), cyd.net.listening(TOPIC, 1), bob.net.listening(TOPIC, 2)])
  return [ada, bob, cyd]
}

test('NET-10: a message passes from hop to hop, once, and names the peer that passed it on', async () => {
  const [ada, bob, cyd] = await line()
  await expect(ada.net.publish(TOPIC, text('offer'))).resolves.toEqual({ recipients: 1 })
  await cyd.until(() => cyd.seen.gossip.length === 1)
  expect(bob.seen.gossip).toEqual([{ topic: TOPIC, from: ada.key, text: 'offer' }])
  expect(cyd.seen.gossip).toEqual([{ topic: TOPIC, from: bob.key, text: 'offer' }])
  expect(ada.seen.gossip).toEqual([])
})

test('NET-13: what is ignored or rejected goes no further', async () => {
  const verdict = (message: string): 'accept' | 'ignore' | 'reject' =>
    message.startsWith('ignore') ? 'ignore' : message.startsWith('reject') ? 'reject' : 'accept'
  const [ada, bob, cyd] = await line({ verdict })
  for (const message of ['ignore me', 'reject me', 'good']) await ada.net.publish(TOPIC, text(message))
  await cyd.until(() => heard(cyd).includes('good'))
  expect(heard(bob)).toEqual(['ignore me', 'reject me', 'good'])
  expect(heard(cyd)).toEqual(['good'])
})

test('NET-13: a peer whose messages are rejected again and again is no longer listened to', async () => {
  const [ada, bob] = await pair({ verdict: () => 'reject' })
  for (const { net } of [ada, bob]) net.subscribe(TOPIC)
  await ada.net.listening(TOPIC, 1)
  // A score is looked at about once a second, so some more are heard than it takes; only silence ends this loop.
  for (let n = 0; n - bob.seen.gossip.length < 10; n += 1) {
    await ada.net.publish(TOPIC, text(`bad ${n}`))
    // A frame takes the same connection, so when it arrived the message before it did too.
    ada.net.send(bob.key, new Uint8Array(1))
    await bob.until(() => bob.seen.frames.length === n + 1)
  }
  expect(bob.seen.gossip.length).toBeGreaterThan(5)
})

test('NET-14: a message that reached nobody may be published again, and reaches who listens by then', async () => {
  const [ada, bob] = await pair()
  await expect(ada.net.publish(TOPIC, text('early'))).resolves.toEqual({ recipients: 0 })
  bob.net.subscribe(TOPIC)
  await ada.net.listening(TOPIC, 1)
  expect(ada.net.listeners(TOPIC)).toBe(1)
  await expect(ada.net.publish(TOPIC, text('early'))).resolves.toEqual({ recipients: 1 })
  await bob.until(() => bob.seen.gossip.length === 1)
  await expect(ada.net.publish(TOPIC, text('early'))).resolves.toEqual({ recipients: 0 })
})

test('NET-14: a message above the size of a record is refused before it is sent', async () => {
  const [ada, bob] = await pair()
  bob.net.subscribe(TOPIC)
  await ada.net.listening(TOPIC, 1)
  await expect(ada.net.publish(TOPIC, new Uint8Array(limits.recordBytes + 1))).rejects.toMatchObject({
    code: 'net/too-large',
  })
  await ada.net.publish(TOPIC, new Uint8Array(limits.recordBytes))
  await bob.until(() => bob.seen.gossip.length === 1)
})

test('NET-11: the same bytes on two topics are two messages', async () => {
  const [ada, bob] = await pair()
  const other = 'haggle/1/lab/market/8'
  for (const topic of [TOPIC, other]) {
    bob.net.subscribe(topic)
    await ada.net.listening(topic, 1)
  }
  await ada.net.publish(other, text('record'))
  await ada.net.publish(TOPIC, text('record'))
  await bob.until(() => bob.seen.gossip.length === 2)
  expect(bob.seen.gossip.map(({ topic }) => topic)).toEqual([other, TOPIC])
})

test('NET-12: a message on a topic that is not listened to is not heard and leaves no trace', async () => {
  const [ada, bob] = await pair()
  const cyd = await agent('cyd')
  await cyd.net.dial(bob.address)
  await met(cyd, bob)
  const adverts = 'haggle/1/lab/adverts'
  for (const topic of [TOPIC, adverts]) {
    bob.net.subscribe(topic)
    await ada.net.listening(topic, 1)
  }
  bob.net.unsubscribe(TOPIC)
  // Sent before the peer may know that nobody listens any more.
  await expect(ada.net.publish(TOPIC, text('record'))).resolves.toEqual({ recipients: 1 })
  await ada.net.publish(adverts, text('advert'))
  await bob.until(() => bob.seen.gossip.length > 0)
  expect(heard(bob)).toEqual(['advert'])
  // Had it been remembered, this copy would be a duplicate.
  bob.net.subscribe(TOPIC)
  await cyd.net.listening(TOPIC, 1)
  await cyd.net.publish(TOPIC, text('record'))
  await bob.until(() => bob.seen.gossip.length > 1)
  expect(bob.seen.gossip[1]).toEqual({ topic: TOPIC, from: cyd.key, text: 'record' })
})
