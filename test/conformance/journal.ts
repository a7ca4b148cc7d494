import type { PayloadHash } from '@haggle/protocol'
import type { Journal, JournalRow, JournalTable } from '@haggle/ports'
import { describe, expect, onTestFinished, test } from 'vitest'

/** What a suite needs of a kind of journal: one disk of its own for one test. */
export interface JournalBench {
  open(): Promise<Journal>
  /** Closes the journal and opens the same disk again. */
  reopened(journal: Journal): Promise<Journal>
  /** Takes the power away and opens the same disk again: where that can be done within one process. */
  crashed?(journal: Journal): Promise<Journal>
  /** Closes what is open and clears up. */
  end(): Promise<void>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)

async function all(journal: Journal, table: JournalTable, from?: number): Promise<JournalRow[]> {
  const rows: JournalRow[] = []
  for await (const row of journal.read(table, from)) rows.push(row)
  return rows
}

/** Rows as `number:text`. */
async function texts(journal: Journal, table: JournalTable = 'log', from?: number): Promise<string[]> {
  return (await all(journal, table, from)).map((row) => `${row.seq}:${new TextDecoder().decode(row.bytes)}`)
}

function commit(journal: Journal, text: string, durable = true): Promise<readonly number[]> {
  return journal.commit([{ table: 'log', bytes: bytes(text) }], durable)
}

/** What the port promises, asked of any journal: `make` gives an empty disk. */
export function journalConformance(name: string, make: () => JournalBench | Promise<JournalBench>): void {
  const start = async (): Promise<{ bench: JournalBench; journal: Journal }> => {
    const bench = await make()
    onTestFinished(() => bench.end())
    return { bench, journal: await bench.open() }
  }
  describe(`${name} as a journal`, () => {
    rowsConform(start)
    readersConform(start)
    pagesConform(start)
    payloadsConform(start)
    crashesConform(start)
  })
}

type Start = () => Promise<{ bench: JournalBench; journal: Journal }>

function rowsConform(start: Start): void {
  test('numbers the rows of each table from 0 and reads them in order', async () => {
    const { journal } = await start()
    const row = (table: JournalTable, text: string): { table: JournalTable; bytes: Uint8Array } => ({
      table,
      bytes: bytes(text),
    })
    const first = await journal.commit([row('log', 'a'), row('events', 'x')], true)
    const second = await journal.commit([row('log', 'b'), row('log', '')], false)
    expect([first, second]).toEqual([
      [0, 0],
      [1, 2],
    ])
    expect(await texts(journal)).toEqual(['0:a', '1:b', '2:'])
    expect(await texts(journal, 'events')).toEqual(['0:x'])
    expect(await texts(journal, 'log', 2)).toEqual(['2:'])
    expect(await all(journal, 'log', 3)).toEqual([])
  })

  test('keeps the order in which commits were called, durable or not', async () => {
    const { journal } = await start()
    const calls = range(0, 300).map((n) => commit(journal, String(n), n % 7 === 0))
    const seqs = (await Promise.all(calls)).flat()
    expect(seqs).toEqual(range(0, 300))
    expect(await texts(journal)).toEqual(seqs.map((n) => `${n}:${n}`))
  })

  test('continues its numbers after it was opened again', async () => {
    const { bench, journal } = await start()
    await commit(journal, 'a')
    const again = await bench.reopened(journal)
    expect(await commit(again, 'b')).toEqual([1])
    expect(await texts(again)).toEqual(['0:a', '1:b'])
  })

  test('forgets pruned rows and never gives their numbers again, not even when all are pruned', async () => {
    const { bench, journal } = await start()
    for (const text of ['a', 'b', 'c']) await commit(journal, text)
    await journal.prune('log', 2)
    expect(await texts(journal)).toEqual(['2:c'])
    await journal.prune('log', 99)
    const again = await bench.reopened(journal)
    expect(await all(again, 'log')).toEqual([])
    expect(await commit(again, 'd')).toEqual([3])
    expect(await texts(again)).toEqual(['3:d'])
  })
}

function readersConform(start: Start): void {
  test('shows one reader the rows that were there when it began', async () => {
    const { journal } = await start()
    for (const text of ['a', 'b', 'c']) await commit(journal, text)
    const seen: number[] = []
    for await (const row of journal.read('log')) {
      if (row.seq === 0) {
        await journal.prune('log', 2)
        await commit(journal, 'd')
      }
      seen.push(row.seq)
    }
    expect(seen).toEqual([0, 1, 2])
    expect(await texts(journal)).toEqual(['2:c', '3:d'])
  })

  test('does not keep the bytes of its caller', async () => {
    const { journal } = await start()
    const row = bytes('a')
    const committed = journal.commit([{ table: 'log', bytes: row }], true)
    row[0] = 0x7a
    await committed
    expect(await texts(journal)).toEqual(['0:a'])
  })

  test('ends with what was asked before close, and refuses everything after', async () => {
    const { journal } = await start()
    await commit(journal, 'a')
    await journal.close()
    await journal.close()
    const closed = { code: 'journal/closed' }
    await expect(commit(journal, 'b')).rejects.toMatchObject(closed)
    await expect(journal.prune('log', 1)).rejects.toMatchObject(closed)
    await expect(all(journal, 'log')).rejects.toMatchObject(closed)
  })
}

function pagesConform(start: Start): void {
  /** Three times ten rows whose commits wait together: a journal may write each ten as one. */
  async function threePages(journal: Journal): Promise<void> {
    for (const page of range(0, 3)) {
      const rows = range(page * 10, page * 10 + 10).map((n) => Uint8Array.of(n))
      await Promise.all(rows.map((row) => journal.commit([{ table: 'log', bytes: row }], true)))
    }
  }

  async function seqs(journal: Journal, from?: number): Promise<number[]> {
    const rows = await all(journal, 'log', from)
    expect(rows.map((row) => [...row.bytes])).toEqual(rows.map((row) => [row.seq]))
    return rows.map((row) => row.seq)
  }

  test.each([0, 1, 9, 10, 15, 29, 30])(
    'reads rows that were written together one by one, from row %i on',
    async (n) => {
      const { journal } = await start()
      await threePages(journal)
      expect(await seqs(journal, n)).toEqual(range(n, 30))
    },
  )

  test.each([1, 10, 15, 29, 30])('forgets rows that were written together one by one, below row %i', async (n) => {
    const { bench, journal } = await start()
    await threePages(journal)
    await journal.prune('log', n)
    expect(await seqs(journal)).toEqual(range(n, 30))
    const again = await bench.reopened(journal)
    expect(await seqs(again)).toEqual(range(n, 30))
    expect(await again.commit([{ table: 'log', bytes: Uint8Array.of(30) }], true)).toEqual([30])
    expect(await seqs(again)).toEqual(range(n, 31))
  })
}

function payloadsConform(start: Start): void {
  const payload = bytes('a payload')
  // Test data: a journal takes any text in place of a hash.
  const hash = 'ab'.repeat(32) as PayloadHash

  test('gives a small payload back at once, and after it was opened again when a commit came', async () => {
    const { bench, journal } = await start()
    expect(await journal.kept(hash)).toBeUndefined()
    journal.keep(hash, payload)
    expect(await journal.kept(hash)).toEqual(payload)
    await commit(journal, 'a')
    expect(await journal.kept(hash)).toEqual(payload)
    const again = await bench.reopened(journal)
    expect(await again.kept(hash)).toEqual(payload)
    expect(await texts(again)).toEqual(['0:a'])
  })

  test('writes a small payload without any commit, at the latest when it is closed', async () => {
    const { bench, journal } = await start()
    journal.keep(hash, payload)
    expect(await (await bench.reopened(journal)).kept(hash)).toEqual(payload)
  })
}

function crashesConform(start: Start): void {
  test('keeps over a loss of power all that it called durable, in order and without a gap', async ({ skip }) => {
    const { bench, journal } = await start()
    const crashed = async (of: Journal): Promise<Journal> =>
      (await bench.crashed?.(of)) ?? skip('this one loses its power with its process only')
    await commit(journal, 'loose', false)
    await commit(journal, 'durable')
    await commit(journal, 'perhaps lost', false)
    const again = await crashed(journal)
    const left = await texts(again)
    expect(left).toEqual(['0:loose', '1:durable', '2:perhaps lost'].slice(0, left.length))
    expect(left.length).toBeGreaterThanOrEqual(2)
    expect(await commit(again, 'new')).toEqual([left.length])
    expect(await texts(await crashed(again))).toEqual([...left, `${left.length}:new`])
  })
}
