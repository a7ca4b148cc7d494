import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from '../process/support/expect-exit.ts'
import { passing, until } from '../process/support/limit.ts'
import type { Running } from '../process/support/running.ts'
import type { Host } from './support/host.ts'
import { onLan } from './support/on-lan.ts'

const MIB = 1_048_576
const SIZE = 100 * MIB
const RSS_BYTES = 300 * MIB
const CUT_MS = 20_000

/** Whether so much of a payload, but not all, lies in an agent's directory. */
async function partOf(host: Host, agent: string, least: number): Promise<true | undefined> {
  const blobs = host.stage.path(`${agent}/blobs`)
  const names = await readdir(blobs).catch(() => [])
  const parts = names.filter((name) => name.startsWith('.part-'))
  const sizes = await Promise.all(
    parts.map(async (name) => (await stat(`${blobs}/${name}`).catch(() => undefined))?.size ?? 0),
  )
  return sizes.some((size) => size >= least && size < SIZE) ? true : undefined
}

/** The most memory that a process ever had. */
async function peakOf({ pid }: Running): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024
}

async function largeFile(host: Host): Promise<{ readonly path: string; readonly bytes: Buffer }> {
  const bytes = randomBytes(SIZE)
  const path = host.stage.path('large')
  await writeFile(path, bytes)
  return { path, bytes }
}

onLan('100 MB each way survive a cut in the middle of each, and no byte comes twice', async ({ lan }) => {
  const { desk, shop } = await lan.hosts('desk', 'shop')
  desk.slow()
  shop.slow()
  const { path, bytes } = await largeFile(desk)
  const up = await desk.stage.up()
  // Every byte goes up by one: the requester must not hold the result before it comes.
  const worker = await shop.stage.work('copy', [], 'tr', String.raw`\000-\377`, String.raw`\001-\377\000`)
  const out = desk.stage.path('out')
  const flags = ['--input', path, '--out', out, '--key', 'task', '--deadline', '300s', '--json']
  const hiring = desk.stage.start(['hire', 'copy', ...flags])

  const before = shop.received()
  await until('a part of the input', () => partOf(shop, 'copy', 10 * MIB))
  shop.unplug()
  await passing(CUT_MS)
  shop.plug()
  await worker.event('accepted', {}, 120_000)
  // Headers of the wire are a few hundredths; starting anew would have brought ten megabytes more at least.
  expect(shop.received() - before).toBeLessThan(SIZE * 1.08)

  await worker.event('delivered')
  const begun = desk.received()
  await until('a part of the result', () => partOf(desk, 'me', 10 * MIB))
  shop.unplug()
  await passing(CUT_MS)
  shop.plug()
  expectExit(await hiring.ended(180_000), 0)
  expect(desk.received() - begun).toBeLessThan(SIZE * 1.08)
  expect((await readFile(out)).equals(bytes.map((byte) => byte + 1))).toBe(true)
  const peaks = { requester: await peakOf(up), worker: await peakOf(worker) }
  expect(Math.max(peaks.requester, peaks.worker)).toBeLessThan(RSS_BYTES)
})

onLan('a requester that is killed while it fetches a result goes on from what it has', async ({ lan }) => {
  const { desk, shop } = await lan.hosts('desk', 'shop')
  shop.slow()
  desk.slow()
  const { path, bytes } = await largeFile(shop)
  const up = await desk.stage.up()
  await shop.stage.work('give', [], 'cat', path)
  const hiring = desk.stage.start(['hire', 'give', 'please', '--key', 'task', '--deadline', '300s', '--json'])
  const begun = desk.received()
  await until('a part of the result', () => partOf(desk, 'me', 20 * MIB))
  await up.kill()
  await hiring.ended()
  const again = await desk.stage.up()
  await again.event('settled', {}, 120_000)
  expect(desk.received() - begun).toBeLessThan(SIZE * 1.12)
  const out = desk.stage.path('out')
  expectExit(await desk.stage.run(['contract', 'result', 'task', '--out', out]), 0)
  expect((await readFile(out)).equals(bytes)).toBe(true)
})
