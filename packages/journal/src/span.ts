import type { ClassicLevel } from 'classic-level'
import type { JournalTable } from '@haggle/ports'
import { corruptError } from './journal-error.ts'
import { rowsOf } from './page.ts'
import { derived, floorKey, pageKey, seqOf, tableEnd, unsealed } from './row.ts'

export type Database = ClassicLevel<string, Uint8Array>

/** Where a table begins (rows below were pruned), ends on disk, and continues. */
export interface Span {
  floor: number
  written: number
  next: number
  /**
   * One past the last row of a durable commit that is done. A sync says nothing of the rows of other commits before it: they
   * may stand in an older file of the database, which it does not sync.
   */
  durable: number
}

/** Finds out where a table stands; `durable` is what was told of it. */
export async function spanOf(db: Database, table: JournalTable, durable: number): Promise<Span> {
  const isDerived = derived.has(table)
  const floor = await floorOf(db, table)
  const range = { gte: pageKey(table, 0), lt: tableEnd(table) }
  const [last] = await db.iterator({ ...range, reverse: true, limit: 1 }).all()
  const next = Math.max(floor, last === undefined ? 0 : endOf(table, last))
  if (next < durable && !isDerived) throw corruptError(`rows ${next} to ${durable - 1} of ${table} are gone`)
  const end = Math.max(next, durable)
  // What is there now was recovered from the disk: it is as durable as what was told so.
  return { floor, written: end, next: end, durable: end }
}

async function floorOf(db: Database, table: JournalTable): Promise<number> {
  const key = floorKey(table)
  const stored = await db.get(key)
  if (stored === undefined) return 0
  const found = unsealed(key, stored)
  const floor = found === undefined ? Number.NaN : Number(new TextDecoder().decode(found.bytes))
  if (Number.isSafeInteger(floor)) return floor
  if (derived.has(table)) return 0
  throw corruptError(`the beginning of ${table} does not match its checksum`)
}

/** One past the last row of a page; of a damaged one only its first number is known. */
function endOf(table: JournalTable, [key, value]: readonly [string, Uint8Array]): number {
  const first = seqOf(table, key)
  if (derived.has(table) && first !== undefined && unsealed(key, value) === undefined) return first + 1
  const page = pageFrom(table, key, value)
  return page.first + page.rows.length
}

/** Rows that were written together. */
export interface StoredPage {
  readonly first: number
  readonly rows: readonly Uint8Array[]
  readonly durableEnd: number
}

/** The page under a key; throws `journal/corrupt` when it is damaged. */
export function pageFrom(table: JournalTable, key: string, value: Uint8Array): StoredPage {
  const first = seqOf(table, key)
  const stored = unsealed(key, value)
  const rows = stored === undefined ? undefined : rowsOf(stored.bytes)
  if (first === undefined || stored === undefined || rows === undefined) {
    throw corruptError(`row ${key} does not match its checksum`)
  }
  return { first, rows, durableEnd: stored.durableEnd }
}
