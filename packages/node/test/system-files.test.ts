import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PayloadHash } from '@haggle/protocol'
import { agentKeyOfSeed } from '../src/pure/index.ts'
import { blobFiles, openAgentDirectory, processStart, readHolder, sourceOf, takeHolder } from '../src/system/index.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haggle-system-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function* stream(...chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield chunk
}
async function* hanging(first: Uint8Array, begun: () => void): AsyncIterable<Uint8Array> {
  yield first
  begun()
  await new Promise(() => undefined)
}
async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}
// The hexadecimal digest of SHA-256 is what the brand says.
const hashOf = (bytes: Uint8Array): PayloadHash => createHash('sha256').update(bytes).digest('hex') as PayloadHash

describe('blob files', () => {
  const payload = randomBytes(200_000)
  const held = { hash: hashOf(payload), size: payload.length }

  test('store a stream under its hash and give it back from any offset', async () => {
    const blobs = await blobFiles(join(folder, 'blobs'))
    expect(await blobs.put(stream(payload.subarray(0, 7), payload.subarray(7)))).toEqual(held)
    expect(await blobs.size(held.hash)).toBe(held.size)
    expect((await whole(blobs.read(held.hash))).equals(payload)).toBe(true)
    expect((await whole(blobs.read(held.hash, 150_001))).equals(payload.subarray(150_001))).toBe(true)
    expect(await whole(blobs.read(held.hash, held.size))).toHaveLength(0)
    expect((await readFile((await blobs.path(held.hash)) ?? '')).equals(payload)).toBe(true)
    const source = await sourceOf(blobs, held.hash)
    expect(source?.size).toBe(held.size)
    expect((await whole(source?.read(199_999) ?? stream())).equals(payload.subarray(199_999))).toBe(true)
  })

  test('keep one file for equal payloads, also when they come at once, and for the empty one', async () => {
    const blobs = await blobFiles(folder)
    await Promise.all([blobs.put(stream(payload)), blobs.put(stream(payload), held), blobs.put(stream())])
    await blobs.put(stream(payload), held)
    expect((await readdir(folder)).toSorted()).toEqual([held.hash, hashOf(new Uint8Array())].toSorted())
  })

  test('replace a file that is damaged', async () => {
    const blobs = await blobFiles(folder)
    await writeFile(join(folder, held.hash), 'half')
    await blobs.put(stream(payload), held)
    expect((await whole(blobs.read(held.hash))).equals(payload)).toBe(true)
  })

  test.each([
    ['another hash', { ...held, hash: hashOf(new Uint8Array()) }],
    ['fewer bytes', { ...held, size: held.size + 1 }],
    ['more bytes', { ...held, size: held.size - 1 }],
  ])('keep nothing of a payload with %s than was promised', async (_name, expected) => {
    const blobs = await blobFiles(folder)
    await expect(blobs.put(stream(payload), expected)).rejects.toMatchObject({ code: 'blob/mismatch' })
    expect(await readdir(folder)).toEqual([])
  })

  test('keep nothing that is larger than the bound, nor of a source that fails or is given up', async () => {
    const blobs = await blobFiles(folder, { maxBytes: 1_000 })
    await expect(blobs.put(stream(payload))).rejects.toMatchObject({ code: 'blob/too-large' })
    await expect(blobs.put(stream(payload), held)).rejects.toMatchObject({ code: 'blob/too-large' })
    const giveUp = new AbortController()
    const put = blobs.put(
      hanging(payload.subarray(0, 9), () => giveUp.abort(new Error('enough'))),
      undefined,
      giveUp.signal,
    )
    await expect(put).rejects.toThrow('enough')
    const failing = (async function* () {
      yield payload.subarray(0, 9)
      throw new Error('the peer left')
    })()
    await expect(blobs.put(failing)).rejects.toThrow('the peer left')
    expect(await readdir(folder)).toEqual([])
  })

  test('say that a payload is missing, and let no name leave the directory', async () => {
    const blobs = await blobFiles(folder)
    expect(await blobs.size(held.hash)).toBeUndefined()
    expect(await sourceOf(blobs, held.hash)).toBeUndefined()
    await expect(whole(blobs.read(held.hash))).rejects.toMatchObject({ code: 'blob/missing' })
    // Test data: what the brand would forbid.
    await expect(blobs.path('../key' as PayloadHash)).rejects.toThrow(TypeError)
  })

  test('lose what a crash left half-written when they are opened again', async () => {
    await (await blobFiles(folder)).put(stream(payload))
    await writeFile(join(folder, '.new-0011'), 'half')
    await blobFiles(folder)
    expect(await readdir(folder)).toEqual([held.hash])
  })
})

describe('the directory of an agent', () => {
  const agent = (): string => join(folder, 'home', 'ada')

  test('is made private with a key that stays', async () => {
    const first = await openAgentDirectory(agent())
    const second = await openAgentDirectory(agent())
    expect(second.key).toBe(first.key)
    expect(agentKeyOfSeed(first.seed)).toBe(first.key)
    expect((await stat(agent())).mode & 0o777).toBe(0o700)
    expect((await stat(join(agent(), 'key'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(agent(), 'FORMAT'), 'utf8')).toBe('1\n')
    expect((await readdir(agent())).toSorted()).toEqual(['FORMAT', 'key'])
    expect([first.storePath, first.blobsPath]).toEqual([join(agent(), 'store'), join(agent(), 'blobs')])
  })

  test('gives one key to all who make it at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => openAgentDirectory(agent())))
    expect(new Set(all.map((each) => each.key)).size).toBe(1)
  })

  test('keeps its settings, and those of a newer version beside them', async () => {
    const directory = await openAgentDirectory(agent())
    expect(directory.config()).toEqual({ port: null })
    await writeFile(join(agent(), 'config.json'), '{"port":4001,"later":[1]}')
    const again = await openAgentDirectory(agent())
    expect(again.config()).toEqual({ port: 4001 })
    await again.saveConfig({ port: 4002 })
    expect((await openAgentDirectory(agent())).config()).toEqual({ port: 4002 })
    expect(JSON.parse(await readFile(join(agent(), 'config.json'), 'utf8'))).toEqual({ port: 4002, later: [1] })
  })

  test.each([
    ['FORMAT', '2\n', 'dir/newer-format'],
    ['FORMAT', 'one', 'dir/format-corrupt'],
    ['FORMAT', null, 'dir/format-corrupt'],
    ['key', '', 'dir/key-corrupt'],
    ['key', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n', 'dir/key-corrupt'],
    ['key', null, 'dir/key-missing'],
    ['config.json', '{"port":', 'dir/config-corrupt'],
    ['config.json', '{"port":70000}', 'dir/config-corrupt'],
    ['config.json', '[]', 'dir/config-corrupt'],
  ])('is refused when its %s is %j: %s', async (name, text, code) => {
    const { storePath } = await openAgentDirectory(agent())
    await writeFile(storePath, '')
    if (text === null) await unlink(join(agent(), name))
    else await writeFile(join(agent(), name), text)
    await expect(openAgentDirectory(agent())).rejects.toMatchObject({ code, next: expect.stringMatching(/\w/) })
  })

  test('is refused when one letter of its key has changed', async () => {
    await openAgentDirectory(agent())
    const path = join(agent(), 'key')
    const text = await readFile(path, 'utf8')
    for (const index of [0, 20, 42, 43, 50]) {
      const other = text[index] === 'A' ? 'B' : 'A'
      await writeFile(path, `${text.slice(0, index)}${other}${text.slice(index + 1)}`)
      await expect(openAgentDirectory(agent())).rejects.toMatchObject({ code: 'dir/key-corrupt' })
    }
  })

  test('is refused when others can reach its key, with the mend', async () => {
    await openAgentDirectory(agent())
    await chmod(join(agent(), 'key'), 0o640)
    await expect(openAgentDirectory(agent())).rejects.toMatchObject({
      code: 'dir/key-exposed',
      next: expect.stringContaining('chmod 600'),
    })
  })

  test('is finished when a crash came before its key was written', async () => {
    const { key } = await openAgentDirectory(agent())
    await unlink(join(agent(), 'key'))
    expect((await openAgentDirectory(agent())).key).not.toBe(key)
  })

  test('is refused where a file stands', async () => {
    await writeFile(join(folder, 'home'), '')
    await expect(openAgentDirectory(agent())).rejects.toMatchObject({ code: 'dir/io' })
  })
})

describe('the holder of a directory', () => {
  test('is named while it lives and gone after its release', async () => {
    expect(await readHolder(folder)).toEqual({ kind: 'none' })
    const hold = await takeHolder(folder, { socket: '/run/x.sock' })
    const state = await readHolder(folder)
    expect(state).toEqual({
      kind: 'live',
      holder: { pid: process.pid, started: hold.holder.started, socket: '/run/x.sock' },
    })
    await hold.release()
    expect(await readHolder(folder)).toEqual({ kind: 'none' })
  })

  test('is out of date once its process was killed, or its pid has another process, or its file is damaged', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' })
    await once(child, 'spawn')
    const pid = child.pid ?? 0
    const file = join(folder, 'holder.json')
    const started = await processStart(pid)
    await writeFile(file, JSON.stringify({ pid, started, socket: 's' }))
    expect(await readHolder(folder)).toMatchObject({ kind: 'live', holder: { pid } })
    await writeFile(file, JSON.stringify({ pid, started: `${started}1`, socket: 's' }))
    expect(await readHolder(folder)).toEqual({ kind: 'stale' })
    await writeFile(file, JSON.stringify({ pid, started, socket: 's' }))
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await readHolder(folder)).toEqual({ kind: 'stale' })
    await writeFile(file, '{')
    expect(await readHolder(folder)).toEqual({ kind: 'stale' })
  })

  test('does not remove the file of the one that came after it', async () => {
    const first = await takeHolder(folder, { socket: 'first' })
    await takeHolder(folder, { socket: 'second' })
    await first.release()
    expect(await readHolder(folder)).toMatchObject({ kind: 'live', holder: { socket: 'second' } })
  })
})
