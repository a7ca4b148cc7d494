import { limits } from '@haggle/protocol'
import { expect, test } from 'vitest'
import { agent, pair } from './support/agents.ts'
import { frame, helloFrame, openDirect, stranger } from './support/stranger.ts'

test('NET-15: a frame above the largest size is refused before it is queued', async () => {
  const [ada, bob] = await pair()
  expect(() => ada.net.send(bob.key, new Uint8Array(limits.frameBytes + 1))).toThrow(
    expect.objectContaining({ code: 'net/too-large' }),
  )
})

test('NET-15: frames of an unknown channel are skipped', async () => {
  const ada = await agent('ada')
  const { stream } = await openDirect(await stranger(ada), ada)
  stream.send(Buffer.concat([helloFrame(), frame(1), frame(200, Buffer.from('later')), frame(3, Buffer.from('now'))]))
  await ada.until(() => ada.seen.frames.length === 1)
  expect(Buffer.from(ada.seen.frames[0]?.bytes ?? []).toString()).toBe('now')
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
