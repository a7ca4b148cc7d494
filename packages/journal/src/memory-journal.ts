import type { HaggleError, PayloadHash } from '@haggle/protocol'
import type { Journal, JournalRow, JournalTable, JournalWrite } from '@haggle/ports'
import { closedError, diskFullError, haltedError } from './journal-error.ts'
import { tables } from './row.ts'

/** A journal in memory that can lose its power and its disk: for tests and simulations. */
export interface MemoryJournal extends Journal {
  /** Ends this journal and returns a new one that holds only what was durable. */
  crash(): MemoryJournal
  /** Makes the next commit fail, and everything after it as the port says. */
  breakDisk(how: 'full' | 'failed'): void
}

interface Table {
  readonly rows: Map<number, Uint8Array>
  floor: number
  next: number
  /** Rows below this number outlive a crash. */
  durable: number
}
type Tables = ReadonlyMap<JournalTable, Table>
type Payloads = Map<PayloadHash, Uint8Array>

/** A journal in memory with the rules of the real one: rows are kept over `crash` only when a durable commit came with or after them. */
export function memoryJournal(): MemoryJournal {
  return new InMemory(
    new Map(tables.map((table) => [table, { rows: new Map(), floor: 0, next: 0, durable: 0 }])),
    new Map(),
  )
}

class InMemory implements MemoryJournal {
  readonly #tables: Tables
  readonly #payloads: Payloads
  /** Payloads that no commit has taken along yet: a crash loses them. */
  readonly #staged: Payloads = new Map()
  #closed = false
  #full = false
  #broken: 'full' | 'failed' | undefined
  #halted: HaggleError | undefined

  constructor(rows: Tables, payloads: Payloads) {
    this.#tables = rows
    this.#payloads = payloads
  }

  async commit(writes: readonly JournalWrite[], durable: boolean): Promise<readonly number[]> {
    this.#refuseWrites()
    if (this.#broken !== undefined) {
      this.#full = this.#broken === 'full'
      const cause = new Error('the disk of the memory journal was broken')
      this.#halted = this.#full ? diskFullError(cause) : haltedError(cause)
      throw this.#halted
    }
    const seqs = writes.map(({ table, bytes }) => {
      const held = this.#table(table)
      const seq = held.next++
      held.rows.set(seq, Uint8Array.from(bytes))
      return seq
    })
    // What is not resolved yet may be lost: durability comes after a turn, as it does on a disk.
    await Promise.resolve()
    if (this.#closed) throw closedError()
    // One sync covers everything written before it.
    if (durable || this.#staged.size > 0) this.#sync()
    return seqs
  }

  async *read(table: JournalTable, from = 0): AsyncIterable<JournalRow> {
    if (this.#closed) throw closedError()
    if (this.#halted !== undefined && !this.#full) throw this.#halted
    const { rows, floor, next } = this.#table(table)
    const snapshot: JournalRow[] = []
    for (let seq = Math.max(from, floor); seq < next; seq += 1) {
      const bytes = rows.get(seq)
      if (bytes !== undefined) snapshot.push({ seq, bytes })
    }
    for (const { seq, bytes } of snapshot) {
      await Promise.resolve()
      if (this.#closed) throw closedError()
      yield { seq, bytes: Uint8Array.from(bytes) }
    }
  }

  async prune(table: JournalTable, before: number): Promise<void> {
    this.#refuseWrites()
    const held = this.#table(table)
    const floor = Math.min(before, held.next)
    for (let seq = held.floor; seq < floor; seq += 1) held.rows.delete(seq)
    held.floor = Math.max(held.floor, floor)
  }

  keep(hash: PayloadHash, bytes: Uint8Array): void {
    this.#refuseWrites()
    this.#staged.set(hash, Uint8Array.from(bytes))
  }

  async kept(hash: PayloadHash): Promise<Uint8Array | undefined> {
    if (this.#closed) throw closedError()
    return this.#staged.get(hash) ?? this.#payloads.get(hash)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    // What was committed stays for a later `crash`: a clean end loses nothing.
    if (this.#halted === undefined) this.#sync()
    this.#closed = true
  }

  crash(): MemoryJournal {
    this.#closed = true
    return new InMemory(
      new Map([...this.#tables].map(([name, table]) => [name, survivors(table)])),
      new Map(this.#payloads),
    )
  }

  breakDisk(how: 'full' | 'failed'): void {
    this.#broken = how
  }

  #sync(): void {
    for (const table of this.#tables.values()) table.durable = table.next
    for (const [hash, bytes] of this.#staged) this.#payloads.set(hash, bytes)
    this.#staged.clear()
  }

  #refuseWrites(): void {
    if (this.#closed) throw closedError()
    if (this.#halted !== undefined) throw this.#halted
  }

  #table(name: JournalTable): Table {
    const table = this.#tables.get(name)
    if (table === undefined) throw haltedError(new Error(`the journal has no table ${name}`))
    return table
  }
}

function survivors({ rows, floor, durable }: Table): Table {
  const next = Math.max(floor, durable)
  return { rows: new Map([...rows].filter(([seq]) => seq < next)), floor, next, durable: next }
}
