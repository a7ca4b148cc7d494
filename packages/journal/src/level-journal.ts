import { mkdir, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { HaggleError, PayloadHash } from '@haggle/protocol'
import type { DiskWrites, Journal, JournalRow, JournalTable, JournalWrite, Logger } from '@haggle/ports'
import { closedError, corruptError, haltedError, heldError, openError, readError, writeError } from './journal-error.ts'
import { DiskCounter } from './disk-counter.ts'
import { Mark } from './mark.ts'
import { pageOf } from './page.ts'
import { floorKey, pageKey, payloadKey, sealed, tables, unsealed } from './row.ts'
import { pageFrom, spanOf, type Database, type Span } from './span.ts'
import { syncFolder } from './sync-folder.ts'

type Put = { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }

/** Commits that wait together share one batch and one sync, up to this many bytes: a batch is held in memory whole. */
const GROUP_BYTES = 4 * 1024 * 1024
/** What the database compresses in one piece: the records of one contract name each other and repeat their terms. */
const BLOCK_BYTES = 65_536
/** Rows read ahead while iterating, in bytes. */
const READ_AHEAD_BYTES = 256 * 1024
/** How long a payload waits for a commit to travel with: longer than any commit takes, and short for who waits for nothing. */
const KEEP_MS = 50

interface Waiting {
  /** Copies: the caller may change its own while these wait. */
  readonly writes: readonly JournalWrite[]
  readonly bytes: number
  readonly durable: boolean
  /** One past the last row of each table once this commit is written. */
  readonly ends: ReadonlyMap<JournalTable, number>
  resolve(): void
  reject(error: HaggleError): void
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
  let path = directory
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    path = await realpath(directory)
  } catch (thrown) {
    throw openError(directory, thrown)
  }
  if (heldHere.has(path)) throw heldError(directory)
  heldHere.add(path)
  try {
    return await opened(path, options.logger)
  } catch (thrown) {
    heldHere.delete(path)
    throw openError(directory, thrown)
  }
}

/**
 * Journals that this process holds. The database's own lock must not be asked twice by one process: refusing the second, it
 * closes the lock file, and by the rules of POSIX that gives up the lock of the first, so that any process may come in.
 */
const heldHere = new Set<string>()

async function opened(path: string, logger: Logger | undefined): Promise<Journal> {
  // Loaded here, so that a program that only uses the memory journal needs no native code.
  const { ClassicLevel } = await import('classic-level')
  const db: Database = new ClassicLevel(path, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    blockSize: BLOCK_BYTES,
  })
  await db.open()
  let mark: Mark | undefined
  try {
    // Synced once: the name of the directory itself, which the database leaves to others.
    await syncFolder(dirname(path))
    const found = await Mark.open(path)
    mark = found.mark
    const spans = new Map<JournalTable, Span>()
    for (const table of tables) spans.set(table, await spanOf(db, table, found.ends?.get(table) ?? 0))
    return new LevelJournal({ path, db, mark, spans, logger })
  } catch (thrown) {
    await mark?.close()
    await db.close()
    throw thrown
  }
}

interface Parts {
  readonly path: string
  readonly db: Database
  readonly mark: Mark
  readonly spans: ReadonlyMap<JournalTable, Span>
  readonly logger: Logger | undefined
}

class LevelJournal implements Journal {
  readonly #parts: Parts
  #queue: Waiting[] = []
  /** Small payloads that the next group takes along. */
  #staged = new Map<PayloadHash, Uint8Array>()
  #stagedBytes = 0
  #flush: NodeJS.Timeout | undefined
  /** When the commits that nobody waits for are written. */
  #later: NodeJS.Immediate | undefined
  readonly #disk = new DiskCounter()
  #writing: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #state: State = { kind: 'open' }

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async commit(writes: readonly JournalWrite[], durable: boolean): Promise<readonly number[]> {
    this.#refuseWrites()
    const seqs: number[] = []
    const ends = new Map<JournalTable, number>()
    let bytes = 0
    for (const { table, bytes: row } of writes) {
      const span = this.#span(table)
      seqs.push(span.next++)
      ends.set(table, span.next)
      bytes += row.length
    }
    await new Promise<void>((resolve, reject) => {
      const copies = writes.map(({ table, bytes: row }) => ({ table, bytes: new Uint8Array(row) }))
      this.#queue.push({ writes: copies, bytes, durable, ends, resolve, reject })
      if (durable) this.#write()
      else this.#writeLater()
    })
    return seqs
  }

  async *read(table: JournalTable, from = 0): AsyncIterable<JournalRow> {
    if (this.#state.kind === 'closed') throw closedError()
    if (this.#state.kind === 'halted') throw this.#state.error
    const { floor, written, durable } = this.#span(table)
    let expected = Math.max(from, floor)
    if (expected >= written) return
    const range = { gte: await this.#pageWith(table, expected), lt: pageKey(table, written) }
    // The iterator holds a snapshot from here on: a prune meanwhile takes no row away from it.
    const pages = this.#parts.db.iterator({ ...range, highWaterMarkBytes: READ_AHEAD_BYTES })
    try {
      for await (const [key, value] of pages) {
        const { first, rows, durableEnd } = pageFrom(table, key, value)
        // LevelDB skips what it cannot recover without a word. Rows that nobody was told durable may be missing after a
        // power cut, even before later ones; any other gap is damage.
        if (first > expected && durableEnd > expected) throw corruptError(`row ${expected} of ${table} is missing`)
        for (const [index, bytes] of rows.entries()) {
          if (first + index < expected) continue
          yield { seq: first + index, bytes }
          expected = first + index + 1
        }
      }
      if (expected < durable) throw corruptError(`row ${expected} of ${table} is missing`)
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
      // The new beginning first, and synced: after a crash in between, rows below it are ignored.
      const value = sealed(key, new TextEncoder().encode(String(floor)), 0)
      await this.#parts.db.put(key, value, { sync: true })
      this.#disk.wrote(true)
      // The page that holds the new beginning stays whole.
      await this.#parts.db.clear({ gte: pageKey(table, 0), lt: await this.#pageWith(table, floor) })
    } catch (thrown) {
      throw this.#stopWriting(thrown)
    }
  }

  keep(hash: PayloadHash, bytes: Uint8Array): void {
    this.#refuseWrites()
    this.#staged.set(hash, bytes)
    this.#stagedBytes += bytes.length
    if (this.#stagedBytes >= GROUP_BYTES) this.#write()
    else this.#flush ??= setTimeout(() => this.#write(), KEEP_MS)
  }

  async kept(hash: PayloadHash): Promise<Uint8Array | undefined> {
    const staged = this.#staged.get(hash)
    if (staged !== undefined) return staged
    if (this.#state.kind === 'closed') throw closedError()
    const key = payloadKey(hash)
    const value = await this.#parts.db.get(key)
    if (value === undefined) return undefined
    const row = unsealed(key, value)
    if (row === undefined) throw corruptError(`the payload ${hash} does not match its checksum`)
    return row.bytes
  }

  diskWrites(): DiskWrites {
    return this.#disk.sum()
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut()
    return this.#closing
  }

  async #shut(): Promise<void> {
    this.#state = { kind: 'closed' }
    while (this.#queue.length + this.#staged.size > 0) {
      this.#write()
      await this.#writing
    }
    clearTimeout(this.#flush)
    await this.#writing
    await this.#parts.mark.close()
    await this.#parts.db.close()
    heldHere.delete(this.#parts.path)
  }

  #write(): void {
    this.#writing ??= this.#drain()
  }

  /** At the end of this turn of the event loop: one that binds may come in it, and takes along what does not. */
  #writeLater(): void {
    this.#later ??= setImmediate(() => {
      this.#later = undefined
      this.#write()
    })
  }

  async #drain(): Promise<void> {
    // Commits of the same turn join one group.
    await Promise.resolve()
    do await this.#writeGroup()
    while (this.#staged.size > 0 || this.#queue.some(({ durable }) => durable))
    this.#writing = undefined
    if (this.#queue.length > 0) this.#writeLater()
  }

  async #writeGroup(): Promise<void> {
    const group = this.#takeGroup()
    const payloads = this.#takePayloads()
    const puts = [...payloads.values(), ...this.#pagesOf(group)]
    const sync = payloads.size > 0 || group.some((waiting) => waiting.durable)
    try {
      if (puts.length > 0) await this.#parts.db.batch(puts, { sync })
      this.#disk.wrote(sync)
    } catch (thrown) {
      const error = this.#stopWriting(thrown)
      for (const waiting of [...group, ...this.#queue]) waiting.reject(error)
      this.#queue = []
      this.#staged.clear()
      return
    }
    for (const waiting of group) this.#written(waiting)
    this.#unstage(payloads)
    if (sync) await this.#writeMark()
  }

  #written(waiting: Waiting): void {
    for (const [table, end] of waiting.ends) {
      const span = this.#span(table)
      span.written = end
      if (waiting.durable) span.durable = end
    }
    waiting.resolve()
  }

  /** After who waited for the sync: what is to be sent now need not wait for it. What comes meanwhile joins the next group. */
  async #writeMark(): Promise<void> {
    await endOfTurn()
    try {
      await this.#parts.mark.write(new Map([...this.#parts.spans].map(([table, span]) => [table, span.durable])))
    } catch {
      // The rows are safe; only the chance to notice their loss is smaller.
      this.#parts.logger?.warn('journal-mark-failed')
    }
  }

  #takeGroup(): readonly Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#queue) {
      bytes += waiting.bytes
      if (count > 0 && bytes > GROUP_BYTES) break
      count += 1
    }
    const group = this.#queue.splice(0, count)
    if (this.#queue.length === 0) this.#cancelLater()
    return group
  }

  #cancelLater(): void {
    clearImmediate(this.#later)
    this.#later = undefined
  }

  /** The rows of a group, one page for each table. */
  #pagesOf(group: readonly Waiting[]): readonly Put[] {
    const byTable = new Map<JournalTable, Uint8Array[]>()
    for (const { writes } of group) {
      for (const { table, bytes } of writes) {
        const rows = byTable.get(table)
        if (rows === undefined) byTable.set(table, [bytes])
        else rows.push(bytes)
      }
    }
    return [...byTable].map(([table, rows]) => {
      const { written, durable } = this.#span(table)
      const key = pageKey(table, written)
      return { type: 'put', key, value: sealed(key, pageOf(rows), durable) }
    })
  }

  /** Key of the page that holds a row: the last one that begins at or before it. */
  async #pageWith(table: JournalTable, seq: number): Promise<string> {
    const range = { gte: pageKey(table, 0), lte: pageKey(table, seq) }
    const [key] = await this.#parts.db.keys({ ...range, reverse: true, limit: 1 }).all()
    return key ?? pageKey(table, seq)
  }

  /** They can be read here until they are written. */
  #takePayloads(): ReadonlyMap<Uint8Array, Put> {
    clearTimeout(this.#flush)
    this.#flush = undefined
    this.#stagedBytes = 0
    const puts = new Map<Uint8Array, Put>()
    for (const [hash, bytes] of this.#staged) {
      const key = payloadKey(hash)
      puts.set(bytes, { type: 'put', key, value: sealed(key, bytes, 0) })
    }
    return puts
  }

  #unstage(written: ReadonlyMap<Uint8Array, Put>): void {
    for (const [hash, bytes] of this.#staged) if (written.has(bytes)) this.#staged.delete(hash)
  }

  /** A failed write is final: nobody can know what the disk holds, and a second try could report success for lost rows. */
  #stopWriting(thrown: unknown): HaggleError {
    const error = writeError(thrown)
    const kind = error.code === 'journal/disk-full' ? 'read-only' : 'halted'
    if (this.#state.kind === 'open') this.#state = { kind, error }
    this.#parts.logger?.error('journal-stopped', { code: error.code })
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
    const span = this.#parts.spans.get(table)
    if (span === undefined) throw haltedError(new Error(`the journal has no table ${table}`))
    return span
  }
}
