import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal, JournalRow, JournalTable } from '@haggle/ports'
import { memoryJournal, openJournal, type MemoryJournal } from '../src/index.ts'

interface Bench {
  open(): Promise<Journal>
  /** Closes and opens again. */
  reopened(journal: Journal): Promise<Journal>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const texts = (rows: readonly JournalRow[]): string[] =>
  rows.map((row) => `${row.seq}:${new TextDecoder().decode(row.bytes)}`)

async function all(journal: Journal, table: JournalTable, from?: number): Promise<JournalRow[]> {
  const rows: JournalRow[] = []
  for await (const row of journal.read(table, from)) rows.push(row)
  return rows
}

let folder = ''
let current: Journal | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haggle-journal-'))
})
afterEach(async () => {
  await current?.close()
  current = undefined
  await rm(folder, { recursive: true })
})

const onDisk: Bench = {
  open: async () => (current = await openJournal(join(folder, 'store'))),
  async reopened(journal) {
    await journal.close()
    return this.open()
  },
}
const inMemory: Bench = {
  open: async () => (current = memoryJournal()),
  async reopened(journal) {
    await journal.close()
    // Only `open` above makes the journals of this bench.
    return (current = (journal as MemoryJournal).crash())
  },
}

test('a journal on disk counts its writes, commits that waited together as one, and its syncs', async () => {
  const journal = await onDisk.open()
  const row = { table: 'log', bytes: bytes('a') } as const
  await Promise.all([journal.commit([row], true), journal.commit([row], false), journal.commit([row], true)])
  expect(journal.diskWrites?.()).toEqual({ writes: 1, syncs: 1 })
  await journal.commit([{ table: 'tax', bytes: bytes('b') }], false)
  expect(journal.diskWrites?.()).toEqual({ writes: 2, syncs: 1 })
  await journal.prune('log', 2)
  expect(journal.diskWrites?.()).toEqual({ writes: 3, syncs: 2 })
})

describe.each([
  ['on disk', onDisk],
  ['in memory', inMemory],
])('a journal %s', (_name, bench) => {
  test('numbers the rows of each table from 0 and reads them in order', async () => {
    const journal = await bench.open()
    const first = await journal.commit(
      [
        { table: 'log', bytes: bytes('a') },
        { table: 'events', bytes: bytes('x') },
      ],
      true,
    )
    const second = await journal.commit(
      [
        { table: 'log', bytes: bytes('b') },
        { table: 'log', bytes: bytes('') },
      ],
      false,
    )
    expect([first, second]).toEqual([
      [0, 0],
      [1, 2],
    ])
    expect(texts(await all(journal, 'log'))).toEqual(['0:a', '1:b', '2:'])
    expect(texts(await all(journal, 'events'))).toEqual(['0:x'])
    expect(texts(await all(journal, 'log', 2))).toEqual(['2:'])
    expect(await all(journal, 'log', 3)).toEqual([])
  })

  test('keeps the order in which commits were called, durable or not', async () => {
    const journal = await bench.open()
    const calls = Array.from({ length: 300 }, (_, n) =>
      journal.commit([{ table: 'log', bytes: bytes(String(n)) }], n % 7 === 0),
    )
    const seqs = (await Promise.all(calls)).flat()
    expect(seqs).toEqual(Array.from({ length: 300 }, (_, n) => n))
    expect(texts(await all(journal, 'log'))).toEqual(seqs.map((n) => `${n}:${n}`))
  })

  test('continues its numbers after it was opened again', async () => {
    const journal = await bench.open()
    await journal.commit([{ table: 'log', bytes: bytes('a') }], true)
    const again = await bench.reopened(journal)
    expect(await again.commit([{ table: 'log', bytes: bytes('b') }], true)).toEqual([1])
    expect(texts(await all(again, 'log'))).toEqual(['0:a', '1:b'])
  })

  test('forgets pruned rows and never gives their numbers again, not even when all are pruned', async () => {
    const journal = await bench.open()
    for (const text of ['a', 'b', 'c']) await journal.commit([{ table: 'events', bytes: bytes(text) }], true)
    await journal.prune('events', 2)
    expect(texts(await all(journal, 'events'))).toEqual(['2:c'])
    await journal.prune('events', 99)
    const again = await bench.reopened(journal)
    expect(await all(again, 'events')).toEqual([])
    expect(await again.commit([{ table: 'events', bytes: bytes('d') }], true)).toEqual([3])
    expect(texts(await all(again, 'events'))).toEqual(['3:d'])
  })

  test('shows one reader the rows that were there when it began', async () => {
    const journal = await bench.open()
    for (const text of ['a', 'b', 'c']) await journal.commit([{ table: 'log', bytes: bytes(text) }], true)
    const seen: JournalRow[] = []
    for await (const row of journal.read('log')) {
      if (row.seq === 0) {
        await journal.prune('log', 2)
        await journal.commit([{ table: 'log', bytes: bytes('d') }], true)
      }
      seen.push(row)
    }
    expect(texts(seen)).toEqual(['0:a', '1:b', '2:c'])
    expect(texts(await all(journal, 'log'))).toEqual(['2:c', '3:d'])
  })

  test('does not keep the bytes of its caller', async () => {
    const journal = await bench.open()
    const row = bytes('a')
    const committed = journal.commit([{ table: 'log', bytes: row }], true)
    row[0] = 0x7a
    await committed
    expect(texts(await all(journal, 'log'))).toEqual(['0:a'])
  })

  test('ends with what was asked before close, and refuses everything after', async () => {
    const journal = await bench.open()
    await journal.commit([{ table: 'log', bytes: bytes('a') }], true)
    await journal.close()
    await journal.close()
    const closed = { code: 'journal/closed' }
    await expect(journal.commit([{ table: 'log', bytes: bytes('b') }], true)).rejects.toMatchObject(closed)
    await expect(journal.prune('log', 1)).rejects.toMatchObject(closed)
    await expect(all(journal, 'log')).rejects.toMatchObject(closed)
  })
})

test('a commit that waits when the journal on disk closes is still written', async () => {
  const journal = await onDisk.open()
  const waiting = journal.commit([{ table: 'log', bytes: bytes('a') }], true)
  await journal.close()
  expect(await waiting).toEqual([0])
  expect(texts(await all(await onDisk.open(), 'log'))).toEqual(['0:a'])
})

describe('the memory journal', () => {
  test('loses in a crash what no durable commit covered, and only that', async () => {
    const journal = memoryJournal()
    await journal.commit([{ table: 'log', bytes: bytes('loose') }], false)
    await journal.commit([{ table: 'log', bytes: bytes('durable') }], true)
    await journal.commit([{ table: 'log', bytes: bytes('lost') }], false)
    const unheard = journal.commit([{ table: 'log', bytes: bytes('never told') }], true)
    const next = journal.crash()
    await expect(unheard).rejects.toMatchObject({ code: 'journal/closed' })
    expect(texts(await all(next, 'log'))).toEqual(['0:loose', '1:durable'])
    expect(await next.commit([{ table: 'log', bytes: bytes('new') }], true)).toEqual([2])
    expect(texts(await all(next.crash(), 'log'))).toEqual(['0:loose', '1:durable', '2:new'])
  })

  test('halts for good when its disk fails, and stays readable when its disk is full', async () => {
    const write = [{ table: 'log' as const, bytes: bytes('b') }]
    for (const [how, code] of [
      ['failed', 'journal/halted'],
      ['full', 'journal/disk-full'],
    ] as const) {
      const journal = memoryJournal()
      await journal.commit([{ table: 'log', bytes: bytes('a') }], true)
      journal.breakDisk(how)
      await expect(journal.commit(write, true)).rejects.toMatchObject({ code })
      await expect(journal.commit(write, false)).rejects.toMatchObject({ code })
      if (how === 'full') expect(texts(await all(journal, 'log'))).toEqual(['0:a'])
      else await expect(all(journal, 'log')).rejects.toMatchObject({ code })
      expect(texts(await all(journal.crash(), 'log'))).toEqual(['0:a'])
    }
  })
})
