import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Journal } from '@haggle/ports'
import type { PayloadHash } from '@haggle/protocol'
import { openJournal } from '../src/index.ts'
import { childProgram, started } from './support/child-program.ts'

let folder = ''
let store = ''
let writer = ''

beforeAll(async () => {
  writer = await childProgram(new URL('support/writer.ts', import.meta.url), 'journal-writer')
})
afterAll(() => rm(writer))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haggle-journal-'))
  store = join(folder, 'store')
})
afterEach(() => rm(folder, { recursive: true }))

async function count(journal: Journal): Promise<number> {
  let rows = 0
  for await (const row of journal.read('log')) rows = row.seq + 1
  return rows
}

async function wrote(rows: number): Promise<void> {
  const journal = await openJournal(store)
  for (let row = 0; row < rows; row += 1) {
    await journal.commit([{ table: 'log', bytes: Uint8Array.from({ length: 40 }, (_, n) => row + n) }], true)
  }
  await journal.close()
}

/** Changes the stored rows behind the journal's back. */
async function tampered(change: (db: ClassicLevel<string, Uint8Array>) => Promise<void>): Promise<void> {
  const db = new ClassicLevel<string, Uint8Array>(store, { valueEncoding: 'view' })
  await db.open()
  await change(db)
  await db.close()
}

const key = (seq: number): string => `log/${String(seq).padStart(16, '0')}`

test('a second opening is refused while one process holds the journal, in this process and in another', async () => {
  const journal = await openJournal(store)
  await expect(openJournal(store)).rejects.toMatchObject({ code: 'journal/held' })
  const { child, lines } = started(process.execPath, [writer, store])
  expect((await lines.next()).value).toBe('refused journal/held')
  if (child.exitCode === null) await once(child, 'exit')
  await journal.close()
})

test('after kill -9 the journal opens, holds every row that was told durable, and no gap', async () => {
  const { child, lines } = started(process.execPath, [writer, store])
  expect((await lines.next()).value).toBe('open')
  let durable = 0
  while (durable < 50) {
    expect((await lines.next()).value).toBe(`${durable} ok`)
    durable += 1
  }
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
  const journal = await openJournal(store)
  expect(await count(journal)).toBeGreaterThanOrEqual(durable)
  await journal.close()
})

test('durable commits are synced, those that wait together by one sync, and others are not', async () => {
  const journal = await openJournal(store)
  // Watched, not replaced: the database does what it always does.
  const batch = vi.spyOn(ClassicLevel.prototype, 'batch')
  const row = { table: 'log', bytes: new Uint8Array(1) } as const
  await journal.commit([row], true)
  await journal.commit([row], false)
  await Promise.all(Array.from({ length: 100 }, (_, n) => journal.commit([row], n === 50)))
  const calls: readonly unknown[][] = batch.mock.calls
  batch.mockRestore()
  expect(calls.map((call) => call[1])).toEqual([{ sync: true }, { sync: false }, { sync: true }])
  // The hundred rows are one page of the table.
  expect(calls[2]?.[0]).toHaveLength(1)
  expect(await count(journal)).toBe(102)
  await journal.close()
})

describe('damage is noticed', () => {
  test('a changed row does not match its checksum', async () => {
    await wrote(3)
    await tampered(async (db) => {
      const row = await db.get(key(1))
      if (row === undefined) throw new Error('row 1 is there')
      await db.put(
        key(1),
        Uint8Array.from(row, (byte, index) => (index === 20 ? byte ^ 1 : byte)),
      )
    })
    const journal = await openJournal(store)
    await expect(count(journal)).rejects.toMatchObject({ code: 'journal/corrupt' })
    await journal.close()
  })

  test('a row in the place of another does not match either', async () => {
    await wrote(3)
    await tampered(async (db) => db.put(key(1), (await db.get(key(2))) ?? new Uint8Array()))
    const journal = await openJournal(store)
    await expect(count(journal)).rejects.toMatchObject({ code: 'journal/corrupt' })
    await journal.close()
  })

  test.each([0, 1])('a missing row %i leaves a gap', async (seq) => {
    await wrote(3)
    await tampered((db) => db.del(key(seq)))
    const journal = await openJournal(store)
    await expect(count(journal)).rejects.toMatchObject({ code: 'journal/corrupt' })
    await journal.close()
  })

  test('rows at the end that were told durable and are gone', async () => {
    await wrote(3)
    await tampered((db) => db.del(key(2)))
    await expect(openJournal(store)).rejects.toMatchObject({ code: 'journal/corrupt' })
  })

  test('but rows that nobody was told durable may be missing: a power cut can take them', async () => {
    const before = await openJournal(store)
    for (const durable of [true, false, false, true]) {
      await before.commit([{ table: 'log', bytes: new Uint8Array(1) }], durable)
    }
    await before.close()
    await tampered(async (db) => {
      await db.del(key(1))
      await db.del(key(2))
    })
    const journal = await openJournal(store)
    const seqs: number[] = []
    for await (const row of journal.read('log')) seqs.push(row.seq)
    expect(seqs).toEqual([0, 3])
    await journal.close()
  })

  test('a flipped bit in the file under the database', async () => {
    await wrote(3)
    const name = (await readdir(store)).find((each) => each.endsWith('.log')) ?? ''
    const path = join(store, name)
    const file = await readFile(path)
    file[60] = (file[60] ?? 0) ^ 1
    await writeFile(path, file)
    // LevelDB opens without a word and without the rows; a log that began anew could sign against itself.
    for (let time = 0; time < 2; time += 1) {
      await expect(openJournal(store)).rejects.toMatchObject({ code: 'journal/corrupt' })
    }
  })

  test('a lost index', async () => {
    await wrote(1)
    await writeFile(join(store, 'CURRENT'), 'garbage\n')
    await expect(openJournal(store)).rejects.toMatchObject({ code: 'journal/corrupt' })
  })
})

/** Runs the writer until the disk refuses; returns its last two lines. */
async function untilRefused(command: string, args: readonly string[]): Promise<readonly [string, string]> {
  const { lines } = started(command, args)
  const printed: string[] = []
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) printed.push(line.value)
  return [printed.at(-2) ?? '', printed.at(-1) ?? '']
}

test('a write that fails halts the journal for good, reads included', async () => {
  // A limit on the size of a file fails the write as a broken disk would; the signal that goes with it is ignored.
  const script = `trap '' XFSZ; ulimit -f 256; exec "$0" "$@"`
  const [last, after] = await untilRefused('sh', ['-c', script, process.execPath, writer, store, '10000'])
  expect(last).toMatch(/^\d+ journal\/halted$/)
  expect(after).toMatch(/^after journal\/halted read journal\/halted /)
  // What was told durable is there when the disk is well again.
  const journal = await openJournal(store)
  expect(await count(journal)).toBeGreaterThanOrEqual(Number(last.split(' ')[0]))
  await journal.close()
})

const mountable = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0

test.skipIf(!mountable)('a full disk ends all writing and leaves the journal readable', async () => {
  const script = `mount -t tmpfs -o size=1m none "$0" && exec "$@"`
  const args = ['-rm', 'sh', '-c', script, folder, process.execPath, writer, store, '10000']
  const [last, after] = await untilRefused('unshare', args)
  expect(last).toMatch(/^\d+ journal\/disk-full$/)
  expect(after).toBe(`after journal/disk-full read ok ${last.split(' ')[0]}`)
})

test('a small payload that is damaged is refused', async () => {
  const journal = await openJournal(store)
  // Test data: the journal takes any text in place of a hash.
  const hash = 'ab'.repeat(32) as PayloadHash
  journal.keep(hash, new TextEncoder().encode('a payload'))
  await journal.close()
  await tampered((db) =>
    db.put(
      `payload/${hash}`,
      Uint8Array.from({ length: 30 }, () => 1),
    ),
  )
  const again = await openJournal(store)
  await expect(again.kept(hash)).rejects.toMatchObject({ code: 'journal/corrupt' })
  await again.close()
})
