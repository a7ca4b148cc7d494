import { limits } from '@haggle/protocol'
import { expect, test } from 'vitest'
import { agent, pair } from './support/agents.ts'
import { frame, helloFrame, openDirect, stranger } from './support/stranger.ts'

const numbered = (n: number, size = 8): Uint8Array => {
  const bytes = Buffer.alloc(size)
  bytes.writeUInt32BE(n)
  return bytes
}
const numberOf = (bytes: Uint8Array): number => Buffer.from(bytes).readUInt32BE()

test('NET-15: a thousand frames each way arrive in the order of sending', async () => {
  const [ada, bob] = await pair()
  for (let n = 0; n < 1_000; n += 1) {
    expect(ada.net.send(bob.key, numbered(n, 8 + (n % 97)))).toBe(true)
    expect(bob.net.send(ada.key, numbered(n, 8 + (n % 89)))).toBe(true)
  }
  await Promise.all([
    ada.until(() => ada.seen.frames.length === 1_000),
    bob.until(() => bob.seen.frames.length === 1_000),
  ])
  const order = Array.from({ length: 1_000 }, (_, n) => n)
  expect(ada.seen.frames.map(({ bytes }) => numberOf(bytes))).toEqual(order)
  expect(bob.seen.frames.map(({ bytes }) => numberOf(bytes))).toEqual(order)
})

test('NET-15: a frame of the largest size passes whole, a larger one is refused before it is queued', async () => {
  const [ada, bob] = await pair()
  const largest = Buffer.alloc(limits.frameBytes, 0xa5)
  expect(ada.net.send(bob.key, largest)).toBe(true)
  expect(ada.net.send(bob.key, new Uint8Array())).toBe(true)
  await bob.until(() => bob.seen.frames.length === 2)
  expect(Buffer.compare(bob.seen.frames[0]?.bytes ?? Buffer.alloc(0), largest)).toBe(0)
  expect(bob.seen.frames[1]?.bytes).toHaveLength(0)
  expect(() => ada.net.send(bob.key, new Uint8Array(limits.frameBytes + 1))).toThrow(
    expect.objectContaining({ code: 'net/too-large' }),
  )
})

test('NET-16 NET-26: a slow reader stops its sender, whose queue fills; nothing sent is lost or reordered', async () => {
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const [ada, bob] = await pair({}, { frame: () => gate })
  let sent = 0
  // Each round gives the network a turn; only a full queue can end this loop.
  while (ada.net.send(bob.key, numbered(sent, 65_536))) {
    sent += 1
    await new Promise((resolve) => setImmediate(resolve))
    expect(sent).toBeLessThan(400)
  }
  expect(bob.seen.frames).toHaveLength(1)
  release()
  await bob.until(() => bob.seen.frames.length === sent)
  expect(bob.seen.frames.map(({ bytes }) => numberOf(bytes))).toEqual(Array.from({ length: sent }, (_, n) => n))
  expect(ada.seen.downs).toEqual([])
  expect(ada.net.send(bob.key, numbered(0))).toBe(true)
})

test('NET-40: there is room for more when most of the queue is gone, and never for a peer that is', async () => {
  let release = (): void => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  const [ada, bob] = await pair({}, { frame: () => gate })
  // What the other side's window takes is on its way; what is refused after that waits here.
  while (ada.net.send(bob.key, new Uint8Array(65_536))) await new Promise((resolve) => setImmediate(resolve))
  const room = ada.net.room(bob.key)
  expect(await Promise.race([room, new Promise((resolve) => setImmediate(resolve, 'not yet'))])).toBe('not yet')
  release()
  expect(await room).toBe(true)
  expect(ada.net.send(bob.key, new Uint8Array(262_144))).toBe(true)
  await bob.net.stop()
  await ada.until(() => ada.seen.downs.length === 1)
  expect(await ada.net.room(bob.key)).toBe(false)
})

test('NET-15: frames of an unknown channel are skipped', async () => {
  const ada = await agent('ada')
  const { stream } = await openDirect(await stranger(ada), ada)
  stream.send(Buffer.concat([helloFrame(), frame(1), frame(200, Buffer.from('later')), frame(3, Buffer.from('now'))]))
  await ada.until(() => ada.seen.frames.length === 1)
  expect(Buffer.from(ada.seen.frames[0]?.bytes ?? []).toString()).toBe('now')
})

test('NET-15: sending to somebody who is not connected is refused', async () => {
  const [ada, bob] = await Promise.all([agent('ada'), agent('bob')])
  expect(ada.net.send(bob.key, new Uint8Array(1))).toBe(false)
})

test('NET-06: frames that arrived before the connection ended are handed over before the peer is down', async () => {
  const downsAt: number[] = []
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const ada = await agent('ada', {
    frame: async () => {
      for (let n = 0; n < 20; n += 1) await turn()
      downsAt.push(ada.seen.downs.length)
    },
  })
  const { stream, connection } = await openDirect(await stranger(ada), ada)
  stream.send(Buffer.concat([helloFrame(), frame(1), ...[1, 2, 3, 4].map((n) => frame(3, Uint8Array.of(n)))]))
  await ada.until(() => ada.seen.frames.length === 1)
  await connection.close()
  await ada.until(() => ada.seen.downs.length === 1)
  expect(ada.seen.frames.map(({ bytes }) => bytes[0])).toEqual([1, 2, 3, 4])
  expect(downsAt).toEqual([0, 0, 0, 0])
})
