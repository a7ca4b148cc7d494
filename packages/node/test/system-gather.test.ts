import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PayloadHash } from '@haggle/protocol'
import { blobFiles } from '../src/system/index.ts'

const MIB = 1_048_576
const payload = randomBytes(3 * MIB)
// The hexadecimal digest of SHA-256 is what the brand says.
const hash = createHash('sha256').update(payload).digest('hex') as PayloadHash
const held = { hash, size: payload.length }

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haggle-gather-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Gives the bytes from an offset up to an end, notes where it began, and breaks there unless that is the end of all. */
function upTo(
  end: number,
  begun: number[],
  bytes: Uint8Array = payload,
): (offset: number) => AsyncIterable<Uint8Array> {
  return async function* (offset) {
    begun.push(offset)
    for (let at = offset; at < end; at += 65_536) yield bytes.subarray(at, Math.min(at + 65_536, end))
    if (end < bytes.length) throw new Error('the link is cut')
  }
}

test('NET-32: a payload that broke off goes on from what is on disk, over a restart too', async () => {
  const begun: number[] = []
  await expect((await blobFiles(folder)).gather(held, upTo(2 * MIB, begun))).rejects.toThrow('the link is cut')
  const again = await blobFiles(folder)
  expect(await again.size(hash)).toBeUndefined()
  expect(await again.gather(held, upTo(held.size, begun))).toEqual(held)
  expect(begun).toEqual([0, 2 * MIB])
  expect((await readFile(join(folder, hash))).equals(payload)).toBe(true)
  expect(await readdir(folder)).toEqual([hash])
})

test('NET-32: a part that is damaged or too long is thrown away and the payload fetched from the start', async () => {
  for (const damaged of [randomBytes(MIB), randomBytes(4 * MIB)]) {
    const begun: number[] = []
    await writeFile(join(folder, `.part-${hash}`), damaged)
    expect(await (await blobFiles(folder)).gather(held, upTo(held.size, begun))).toEqual(held)
    expect(begun.at(-1)).toBe(0)
    expect(await readdir(folder)).toEqual([hash])
    await rm(join(folder, hash))
  }
})

test('NET-32: of another payload, a longer or a shorter one nothing is kept', async () => {
  const blobs = await blobFiles(folder)
  for (const bytes of [randomBytes(held.size), randomBytes(held.size + MIB), randomBytes(2 * MIB)]) {
    await expect(blobs.gather(held, upTo(bytes.length, [], bytes))).rejects.toMatchObject({ code: 'blob/mismatch' })
    expect(await readdir(folder)).toEqual([])
  }
})

test('NET-32: a gathering that is aborted keeps its part, and one that two ask for at once is stored once', async () => {
  const blobs = await blobFiles(folder)
  const stop = new AbortController()
  const hanging = async function* (): AsyncIterable<Uint8Array> {
    yield payload.subarray(0, 2 * MIB)
    stop.abort(new Error('stopped'))
    await new Promise(() => undefined)
  }
  await expect(blobs.gather(held, hanging, stop.signal)).rejects.toThrow('stopped')
  expect((await stat(join(folder, `.part-${hash}`))).size).toBe(2 * MIB)
  const begun: number[] = []
  await Promise.all([blobs.gather(held, upTo(held.size, begun)), blobs.gather(held, upTo(held.size, begun))])
  expect(begun.toSorted((a, b) => a - b)).toEqual([0, 2 * MIB])
  expect(await readdir(folder)).toEqual([hash])
})

test('NET-32: parts that nobody came back for in a day, and little ones, are removed', async () => {
  const other = `.part-${'0'.repeat(64)}`
  await writeFile(join(folder, `.part-${hash}`), payload.subarray(0, MIB))
  await writeFile(join(folder, other), payload.subarray(0, MIB))
  const old = Date.now() / 1_000 - 90_000
  await utimes(join(folder, other), old, old)
  const blobs = await blobFiles(folder)
  expect(await readdir(folder)).toEqual([`.part-${hash}`])
  await rm(join(folder, `.part-${hash}`))
  await expect(blobs.gather(held, upTo(1_000, []))).rejects.toThrow('the link is cut')
  expect(await readdir(folder)).toEqual([])
})
