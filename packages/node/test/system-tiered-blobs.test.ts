import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryJournal, type MemoryJournal } from '@haggle/journal'
import type { Blobs } from '@haggle/ports'
import { limits, payloadHashOf } from '@haggle/protocol'
import { blobFiles, tieredBlobs } from '../src/system/index.ts'

let folder = ''
let journal: MemoryJournal = memoryJournal()

async function* pieces(...chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks
}

async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The store as a restarted process opens it, remembering nothing. */
async function opened(on = journal): Promise<Blobs> {
  return tieredBlobs(on, await blobFiles(folder))
}

const small = new TextEncoder().encode('a small payload')
const large = new Uint8Array(limits.inlineBytes + 1).fill(7)

describe('payloads in two places', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'haggle-tiered-'))
    journal = memoryJournal()
  })
  afterEach(() => rm(folder, { recursive: true }))

  test('a small payload takes no file, and comes back whole and from any offset', async () => {
    const blobs = await opened()
    const held = await blobs.put(pieces(small.subarray(0, 4), small.subarray(4)))
    expect(held).toEqual({ hash: payloadHashOf(small), size: small.length })
    expect(await readdir(folder)).toEqual([])
    expect(await blobs.path(held.hash)).toBeNull()
    const again = await opened()
    expect(await again.size(held.hash)).toBe(small.length)
    expect(await whole(again.read(held.hash))).toEqual(Buffer.from(small))
    expect(await whole(again.read(held.hash, 8))).toEqual(Buffer.from(small.subarray(8)))
  })

  test('a payload above the inline limit takes a file, also when it comes in small pieces', async () => {
    const blobs = await opened()
    const held = await blobs.put(
      pieces(...Array.from({ length: 17 }, (_, n) => large.subarray(n * 1024, n * 1024 + 1024))),
    )
    expect(held).toEqual({ hash: payloadHashOf(large), size: large.length })
    expect(await readdir(folder)).toEqual([held.hash])
    expect(await whole(blobs.read(held.hash))).toEqual(Buffer.from(large))
  })

  test('the next commit takes a small payload along, so a crash after it loses neither', async () => {
    const { hash } = await (await opened()).put(pieces(small))
    await journal.commit([{ table: 'log', bytes: Uint8Array.of(1) }], true)
    const after = journal.crash()
    expect(await whole((await opened(after)).read(hash))).toEqual(Buffer.from(small))
  })

  test('what was promised and is not what came is refused, and nothing of it is kept', async () => {
    const blobs = await opened()
    const promised = { hash: payloadHashOf(large), size: small.length }
    await expect(blobs.put(pieces(small), promised)).rejects.toMatchObject({ code: 'blob/mismatch' })
    await expect(blobs.put(pieces(large), promised)).rejects.toMatchObject({ code: 'blob/mismatch' })
    await expect(blobs.put(pieces(small), { hash: payloadHashOf(small), size: 3 })).rejects.toMatchObject({
      code: 'blob/mismatch',
    })
    expect(await blobs.size(payloadHashOf(small))).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })

  test('a source that hangs is left when the signal aborts', async () => {
    const abort = new AbortController()
    const hanging: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    }
    const put = (await opened()).put(hanging, undefined, abort.signal)
    abort.abort(new Error('enough'))
    await expect(put).rejects.toThrow('enough')
  })

  test('who reads may write into what he got', async () => {
    const blobs = await opened()
    const { hash } = await blobs.put(pieces(small))
    for await (const chunk of blobs.read(hash)) chunk.fill(0)
    expect(await whole(blobs.read(hash))).toEqual(Buffer.from(small))
  })
})
