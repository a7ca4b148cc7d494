import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Journal } from '@haggle/ports'
import { openJournal } from '../src/index.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haggle-pages-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Three pages of ten rows: commits that wait together are written together. */
async function threePages(): Promise<Journal> {
  const journal = await openJournal(folder)
  for (let page = 0; page < 3; page += 1) {
    const rows = Array.from({ length: 10 }, (_, n) => Uint8Array.of(page * 10 + n))
    await Promise.all(rows.map((bytes) => journal.commit([{ table: 'log', bytes }], true)))
  }
  return journal
}

async function seqs(journal: Journal, from?: number): Promise<number[]> {
  const found: number[] = []
  for await (const row of journal.read('log', from)) {
    expect([...row.bytes]).toEqual([row.seq])
    found.push(row.seq)
  }
  return found
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)

describe('rows that were written together', () => {
  test.each([0, 1, 9, 10, 15, 29, 30])('are read one by one, from row %i on', async (from) => {
    const journal = await threePages()
    expect(await seqs(journal, from)).toEqual(range(from, 30))
    await journal.close()
  })

  test.each([1, 10, 15, 29, 30])('are forgotten one by one, below row %i, over a restart too', async (before) => {
    const journal = await threePages()
    await journal.prune('log', before)
    expect(await seqs(journal)).toEqual(range(before, 30))
    await journal.close()
    const again = await openJournal(folder)
    expect(await seqs(again)).toEqual(range(before, 30))
    expect(await again.commit([{ table: 'log', bytes: Uint8Array.of(30) }], true)).toEqual([30])
    expect(await seqs(again)).toEqual(range(before, 31))
    await again.close()
  })
})
