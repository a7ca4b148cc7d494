import { open } from 'node:fs/promises'
import { dirname, resolve as resolvePath } from 'node:path'
import type { ClassicLevel } from 'classic-level'
import type { HaggleError } from '@haggle/protocol'
import type { Journal, JournalRow, JournalTable, JournalWrite, Logger } from '@haggle/ports'
import { closedError, corruptError, haltedError, openError, readError, writeError } from './journal-error.ts'
import { floorKey, rowKey, sealed, seqOf, tableEnd, tables, unsealed } from './row.ts'

type Database = ClassicLevel<string, Uint8Array>
type Put = { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }

/** Commits that wait together share one batch and one sync, up to this many bytes: a batch is held in memory whole. */
const GROUP_BYTES = 4 * 1024 * 1024
/** Rows read ahead while iterating, in bytes. */
const READ_AHEAD_BYTES = 256 * 1024

interface Waiting {
  readonly puts: readonly Put[]
  readonly bytes: number
  readonly durable: boolean
  /** One past the last row of each table once this commit is written. */
  readonly ends: ReadonlyMap<JournalTable, number>
  resolve(): void
  reject(error: HaggleError): void
}

/** Where a table begins (rows below were pruned), ends on disk, and continues. */
interface Span {
  floor: number
  written: number
  next: number
}

type State =
  | { readonly kind: 'open' }
  | { readonly kind: 'read-only'; readonly error: HaggleError }
  | { readonly kind: 'halted'; readonly error: HaggleError }
  | { readonly kind: 'closed' }

/**
 * Opens the journal in a directory, which it creates when missing. One process at a time can hold it.
 *
 * Rejects with `journal/held`, `journal/corrupt`, `journal/disk-full` or `journal/io`. The first write that fails ends all
 * writing: a full disk leaves the journal readable (`journal/disk-full`), anything else halts it (`journal/halted`).
 */
export async function openJournal(directory: string, options: { readonly logger?: Logger } = {}): Promise<Journal> {
  // Loaded here, so that a program that only uses the memory journal needs no native code.
  const { ClassicLevel } = await import('classic-level')
  const db: Database = new ClassicLevel(directory, { keyEncoding: 'utf8', valueEncoding: 'view' })
  try {
    await db.open()
    await syncFolder(dirname(resolvePath(directory)))
    const spans = new Map<JournalTable, Span>()
    for (const table of tables) spans.set(table, await spanOf(db, table))
    return new LevelJournal(db, spans, options.logger)
  } catch (thrown) {
    const error = openError(directory, thrown)
    await db.close().catch(() => undefined)
    throw error
  }
}

class LevelJournal implements Journal {
  readonly #db: Database
  readonly #spans: ReadonlyMap<JournalTable, Span>
  readonly #logger: Logger | undefined
  #queue: Waiting[] = []
  #writing: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #state: State = { kind: 'open' }

  constructor(db: Database, spans: ReadonlyMap<JournalTable, Span>, logger: Logger | undefined) {
    this.#db = db
    this.#spans = spans
    this.#logger = logger
  }

  async commit(writes: readonly JournalWrite[], durable: boolean): Promise<readonly number[]> {
    this.#refuseWrites()
    const seqs: number[] = []
    const puts: Put[] = []
    const ends = new Map<JournalTable, number>()
    let bytes = 0
    for (const { table, bytes: row } of writes) {
      const span = this.#span(table)
      const seq = span.next++
      const key = rowKey(table, seq)
      seqs.push(seq)
      puts.push({ type: 'put', key, value: sealed(key, row) })
      ends.set(table, span.next)
      bytes += row.length
    }
    await new Promise<void>((resolve, reject) => {
      this.#queue.push({ puts, bytes, durable, ends, resolve, reject })
      this.#writing ??= this.#drain()
    })
    return seqs
  }

  async *read(table: JournalTable, from = 0): AsyncIterable<JournalRow> {
    if (this.#state.kind === 'closed') throw closedError()
    if (this.#state.kind === 'halted') throw this.#state.error
    const { floor, written } = this.#span(table)
    let expected = Math.max(from, floor)
    if (expected >= written) return
    const range = { gte: rowKey(table, expected), lt: rowKey(table, written) }
    // The iterator holds a snapshot from here on: a prune meanwhile takes no row away from it.
    const rows = this.#db.iterator({ ...range, highWaterMarkBytes: READ_AHEAD_BYTES })
    try {
      for await (const [key, value] of rows) {
        const bytes = unsealed(key, value)
        // LevelDB skips what it cannot recover without a word: a gap in the numbers is how that shows.
        if (seqOf(table, key) !== expected) throw corruptError(`row ${expected} of ${table} is missing`)
        if (bytes === undefined) throw corruptError(`row ${expected} of ${table} does not match its checksum`)
        yield { seq: expected, bytes }
        expected += 1
      }
      if (expected < written) throw corruptError(`row ${expected} of ${table} is missing`)
    } catch (thrown) {
      throw readError(thrown)
    }
  }

  async prune(table: JournalTable, before: number): Promise<void> {
    this.#refuseWrites()
    // Rows that still wait to be written are not below any bound that its caller could know.
    const span = this.#span(table)
    const floor = Math.min(before, span.written)
    if (floor <= span.floor) return
    span.floor = floor
    const key = floorKey(table)
    try {
      // The new beginning first: after a crash in between, rows below it are ignored.
      await this.#db.put(key, sealed(key, new TextEncoder().encode(String(floor))))
      await this.#db.clear({ gte: rowKey(table, 0), lt: rowKey(table, floor) })
    } catch (thrown) {
      throw this.#stopWriting(thrown)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut()
    return this.#closing
  }

  async #shut(): Promise<void> {
    this.#state = { kind: 'closed' }
    await this.#writing
    await this.#db.close()
  }

  async #drain(): Promise<void> {
    // Commits of the same turn join one group.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const group = this.#takeGroup()
      const puts = group.flatMap((waiting) => waiting.puts)
      try {
        if (puts.length > 0) await this.#db.batch(puts, { sync: group.some((waiting) => waiting.durable) })
      } catch (thrown) {
        const error = this.#stopWriting(thrown)
        for (const waiting of [...group, ...this.#queue]) waiting.reject(error)
        this.#queue = []
        break
      }
      for (const waiting of group) {
        for (const [table, end] of waiting.ends) this.#span(table).written = end
        waiting.resolve()
      }
    }
    this.#writing = undefined
  }

  #takeGroup(): readonly Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#queue) {
      bytes += waiting.bytes
      if (count > 0 && bytes > GROUP_BYTES) break
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  /** A failed write is final: nobody can know what the disk holds, and a second try could report success for lost rows. */
  #stopWriting(thrown: unknown): HaggleError {
    const error = writeError(thrown)
    const kind = error.code === 'journal/disk-full' ? 'read-only' : 'halted'
    if (this.#state.kind === 'open') this.#state = { kind, error }
    this.#logger?.error('journal-stopped', { code: error.code })
    return error
  }

  #refuseWrites(): void {
    switch (this.#state.kind) {
      case 'open':
        return
      case 'closed':
        throw closedError()
      case 'read-only':
      case 'halted':
        throw this.#state.error
    }
  }

  #span(table: JournalTable): Span {
    const span = this.#spans.get(table)
    if (span === undefined) throw haltedError(new Error(`the journal has no table ${table}`))
    return span
  }
}

async function spanOf(db: Database, table: JournalTable): Promise<Span> {
  const key = floorKey(table)
  const stored = await db.get(key)
  let floor = 0
  if (stored !== undefined) {
    const bytes = unsealed(key, stored)
    floor = bytes === undefined ? Number.NaN : Number(new TextDecoder().decode(bytes))
    if (!Number.isSafeInteger(floor)) throw corruptError(`the beginning of ${table} does not match its checksum`)
  }
  const [last] = await db.keys({ gte: rowKey(table, 0), lt: tableEnd(table), reverse: true, limit: 1 }).all()
  const lastSeq = last === undefined ? floor - 1 : seqOf(table, last)
  if (lastSeq === undefined) throw corruptError(`${table} holds a row without a number`)
  const next = Math.max(floor, lastSeq + 1)
  return { floor, written: next, next }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
