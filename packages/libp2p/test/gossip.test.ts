import { limits } from '@haggle/protocol'
import { expect, test } from 'vitest'
import { pair } from './support/agents.ts'

const TOPIC = 'haggle/1/lab/market/7'
const text = (value: string): Uint8Array => Buffer.from(value)

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
