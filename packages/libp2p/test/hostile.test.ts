import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import type { Stream } from '@libp2p/interface'
import type { PayloadHash } from '@haggle/protocol'
import type { BlobSource } from '@haggle/ports'
import { expect, test } from 'vitest'
import { ANSWER_BYTES, BLOB_PROTOCOL, blobRequest } from '../src/blob-messages.ts'
import { agent, met } from './support/agents.ts'
import { closed, frame, helloFrame, openDirect, stranger } from './support/stranger.ts'

const payload = Buffer.alloc(4_194_304, 7)
// Any 32 bytes are a payload hash here: nothing in the transport checks it.
const hashOf = (text: string): PayloadHash => createHash('sha256').update(text).digest('hex') as PayloadHash
const held = hashOf('held')
const blob = (hash: PayloadHash): BlobSource | undefined =>
  hash !== held
    ? undefined
    : {
        size: payload.length,
        async *read(offset) {
          yield await Promise.resolve(payload.subarray(offset))
        },
      }

/** Resolves when that many bytes came. */
function received(stream: Stream, count: number): Promise<void> {
  let size = 0
  return new Promise((resolve) => {
    stream.addEventListener('message', ({ data }) => {
      size += data.byteLength
      if (size >= count) resolve()
    })
  })
}

async function fetched(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0
  for await (const piece of pieces) size += piece.length
  return size
}

test('NET-05: a peer that opens connection after connection takes no more than four places', async () => {
  const ada = await agent('ada')
  const host = await stranger(ada)
  const dial = () => host.dial(multiaddr(ada.address), { force: true })
  const [oldest, ...others] = [await dial(), await dial(), await dial(), await dial(), await dial()]
  if (oldest !== undefined) await closed(oldest)
  expect(others.map(({ status }) => status)).toEqual(['open', 'open', 'open', 'open'])
})

test('NET-23: who asks for what it may not read and stays keeps no place from others', async () => {
  const [ada, bob] = await Promise.all([agent('ada'), agent('bob', { blobConcurrency: 2, blob })])
  const connection = await (await stranger(bob)).dial(multiaddr(bob.address))
  for (let n = 0; n < 4; n += 1) {
    const stream = await connection.newStream(BLOB_PROTOCOL)
    const answered = received(stream, ANSWER_BYTES)
    stream.send(blobRequest(hashOf('secret'), 0))
    await answered
  }
  await ada.net.dial(bob.address)
  await met(ada, bob)
  const pieces = await ada.net.fetchBlob(bob.key, held, 0, AbortSignal.timeout(8_000))
  expect(await fetched(pieces)).toBe(payload.length)
})

test('NET-23: one asker that does not read takes half of the places at most', async () => {
  const [ada, bob] = await Promise.all([agent('ada'), agent('bob', { blobConcurrency: 2, blob })])
  const connection = await (await stranger(bob)).dial(multiaddr(bob.address))
  const streams = [await connection.newStream(BLOB_PROTOCOL), await connection.newStream(BLOB_PROTOCOL)]
  const answered = Promise.race(streams.map((stream) => received(stream, ANSWER_BYTES)))
  for (const stream of streams) {
    stream.addEventListener('message', () => stream.pause(), { once: true })
    stream.send(blobRequest(held, 0))
  }
  await answered
  await ada.net.dial(bob.address)
  await met(ada, bob)
  const pieces = await ada.net.fetchBlob(bob.key, held, 0, AbortSignal.timeout(8_000))
  expect(await fetched(pieces)).toBe(payload.length)
})

test('NET-21: lists of peers that come one after the other are left unread', async () => {
  const ada = await agent('ada')
  const { stream } = await openDirect(await stranger(ada), ada)
  const list = frame(2, Buffer.from('[]'))
  // Read, the second would be a violation and end the link.
  stream.send(Buffer.concat([helloFrame(), frame(1), list, frame(2, Buffer.from('{')), frame(3, Buffer.from('now'))]))
  await ada.until(() => ada.seen.frames.length === 1)
  expect(ada.seen.downs).toEqual([])
})

test('NET-26: many frames in one piece leave the others their turn', async () => {
  let turns = 0
  const ada = await agent('ada', {
    frame: () => {
      if (ada.seen.frames.length === 1) setImmediate(() => (turns = ada.seen.frames.length))
      const until = performance.now() + 1
      while (performance.now() < until);
    },
  })
  const { stream } = await openDirect(await stranger(ada), ada)
  const many = Array.from({ length: 200 }, (_, n) => frame(3, Uint8Array.of(n)))
  stream.send(Buffer.concat([helloFrame(), frame(1), ...many]))
  await ada.until(() => ada.seen.frames.length === 200)
  expect(turns).toBeGreaterThan(0)
  expect(turns).toBeLessThan(100)
})

test('NET-45: who sends much before it has shown a key is cut at once', async () => {
  const ada = await agent('ada')
  const socket = connect(Number(/\/tcp\/(\d+)/.exec(ada.address)?.[1]), '127.0.0.1')
  const gone = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve))
  socket.write(Buffer.alloc(1_048_576, 0xff))
  // Without the bound it is kept until the handshake is too late, after ten seconds.
  expect(await Promise.race([gone.then(() => 'cut'), after(5_000)])).toBe('cut')
})

function after(spanMs: number): Promise<'late'> {
  return new Promise((resolve) => {
    setTimeout(() => resolve('late'), spanMs)
  })
}
