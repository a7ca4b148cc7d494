import { createHash } from 'node:crypto'
import type { PayloadHash } from '@haggle/protocol'
import type { BlobSource } from '@haggle/ports'
import { expect, test } from 'vitest'
import { pair } from './support/agents.ts'

const bytesOf = (size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += 4) bytes.writeUInt32BE((at * 2_654_435_761) >>> 0, at)
  return bytes
}
// A payload hash is any 32 bytes here: nothing in the transport checks it.
const hashOf = (bytes: Uint8Array): PayloadHash => createHash('sha256').update(bytes).digest('hex') as PayloadHash
const sourceOf = (bytes: Uint8Array, size = bytes.length): BlobSource => ({
  size,
  async *read(offset) {
    for (let at = offset; at < bytes.length; at += 100_000)
      yield await Promise.resolve(bytes.subarray(at, at + 100_000))
  },
})
const never = new AbortController().signal

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

test('NET-23: a payload that is not held, an offset past its end and a source that ends early are told apart', async () => {
  const payload = bytesOf(1_024)
  const [missing, broken, held] = [hashOf(Buffer.from('1')), hashOf(Buffer.from('2')), hashOf(payload)]
  const blob = (hash: PayloadHash): BlobSource | undefined =>
    hash === missing ? undefined : sourceOf(payload, hash === broken ? 4_096 : payload.length)
  const [ada, bob] = await pair({}, { blob })
  await expect(ada.net.fetchBlob(bob.key, missing, 0, never)).rejects.toMatchObject({ code: 'net/blob-missing' })
  await expect(ada.net.fetchBlob(bob.key, held, 1_025, never)).rejects.toMatchObject({ code: 'net/blob-broken' })
  const pieces = await ada.net.fetchBlob(bob.key, broken, 0, never)
  await expect(collect(pieces)).rejects.toMatchObject({ code: 'net/blob-broken' })
})

test('NET-23: a payload above the bound is refused by its size', async () => {
  const [ada, bob] = await pair({}, { blob: () => ({ size: 268_435_457, async *read() {} }) })
  await expect(ada.net.fetchBlob(bob.key, hashOf(Buffer.from('x')), 0, never)).rejects.toMatchObject({
    code: 'net/too-large',
  })
})

test('NET-23: a place is given back however a transfer ends', async () => {
  const payload = bytesOf(1_048_576)
  const hash = hashOf(payload)
  const [ada, bob] = await pair({ blobConcurrency: 1, blob: () => sourceOf(payload) })
  for (let round = 0; round < 4; round += 1) {
    const abort = new AbortController()
    const aborted = await ada.net.fetchBlob(bob.key, hash, 0, abort.signal)
    abort.abort(new Error('changed my mind'))
    await expect(collect(aborted)).rejects.toThrow('changed my mind')
    const left = await ada.net.fetchBlob(bob.key, hash, 0, never)
    for await (const piece of left) if (piece.length > 0) break
  }
  const all = await Promise.all([0, 1, 2].map(async () => collect(await ada.net.fetchBlob(bob.key, hash, 0, never))))
  expect(all.map(hashOf)).toEqual([hash, hash, hash])
})

test('NET-23: who waits for a place may give up', async () => {
  const payload = bytesOf(1_024)
  const [ada, bob] = await pair({ blobConcurrency: 1, blob: () => sourceOf(payload) })
  const first = await ada.net.fetchBlob(bob.key, hashOf(payload), 0, never)
  const abort = new AbortController()
  const second = ada.net.fetchBlob(bob.key, hashOf(payload), 0, abort.signal)
  abort.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  expect(await collect(first)).toHaveLength(1_024)
})
