import { HaggleError, type PayloadHash } from '@haggle/protocol'
import type { Journal, JournalRow, JournalTable, JournalWrite } from '@haggle/ports'
import type { Random } from '../random.ts'
import type { Commit, Disk } from './disk.ts'
import type { Time } from './time.ts'

/** What a journal asks of the process that it belongs to. */
export interface JournalOwner {
  op(name: string): boolean
  committed(commit: Commit): void
  synced(next: Readonly<Record<string, number>>): void
}

/** What never resolves: the process that waits for it is gone. */
const never = <T>(): Promise<T> => new Promise<T>(() => {})

/** The Journal port of one process on its disk. A sync takes its time, and what waits for it meanwhile shares the next. */
export class SimJournal implements Journal {
  readonly #disk: Disk
  readonly #time: Time
  readonly #owner: JournalOwner
  readonly #syncUs: number
  readonly #random: Random
  #closed = false
  #halted: HaggleError | undefined

  constructor(disk: Disk, time: Time, owner: JournalOwner, syncUs: number, random: Random) {
    this.#disk = disk
    this.#time = time
    this.#owner = owner
    this.#syncUs = syncUs
    this.#random = random
  }

  commit(writes: readonly JournalWrite[], durable: boolean): Promise<readonly number[]> {
    if (!this.#owner.op('commit')) return never()
    const refusal = this.#refusal(durable)
    if (refusal !== undefined) return Promise.reject(refusal)
    const commit = this.#disk.add(this.#time.now, writes)
    this.#owner.committed(commit)
    const seqs = commit.rows.map(({ seq }) => seq)
    return durable ? this.#sync(seqs) : Promise.resolve(seqs)
  }

  async *read(table: JournalTable, from = 0): AsyncGenerator<JournalRow, void, undefined> {
    if (this.#closed) throw closed()
    for (const row of [...this.#disk.rows(table, from)]) {
      if (this.#closed) throw closed()
      yield row
    }
  }

  async prune(table: JournalTable, before: number): Promise<void> {
    if (this.#closed) throw closed()
    this.#disk.prune(table, before)
  }

  keep(hash: PayloadHash, bytes: Uint8Array): void {
    this.#disk.hold(hash, bytes.slice(), false)
  }

  async kept(hash: PayloadHash): Promise<Uint8Array | undefined> {
    return this.#disk.payload(hash)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#halted !== undefined || !this.#owner.op('close')) return
    this.#disk.sync(this.#disk.commitCount)
    this.#owner.synced({ ...this.#disk.next })
  }

  #sync(seqs: readonly number[]): Promise<readonly number[]> {
    const upTo = this.#disk.commitCount
    const next = { ...this.#disk.next }
    return new Promise((resolve) => {
      this.#time.after(this.#syncUs, () => {
        if (!this.#owner.op('synced')) return
        this.#disk.sync(upTo)
        this.#owner.synced(next)
        resolve(seqs)
      })
    })
  }

  #refusal(durable: boolean): HaggleError | undefined {
    if (this.#closed) return closed()
    if (this.#halted === undefined && this.#disk.full) this.#halted = diskFull()
    if (this.#halted === undefined && durable && this.#disk.failing !== null) {
      // What the sync was for may be there or not; nobody knows, and the page cache says it is clean.
      this.#disk.loseTail(this.#disk.failing.tail, this.#random)
      this.#disk.failing = null
      this.#halted = halted()
    }
    return this.#halted
  }
}

function closed(): HaggleError {
  return new HaggleError('journal/closed', 'the journal is closed', { next: 'Open the agent directory again.' })
}

function halted(): HaggleError {
  return new HaggleError('journal/halted', 'a write to the journal failed: EIO', {
    next: 'Check the disk, then start the agent again: it resumes from what the disk really holds.',
  })
}

function diskFull(): HaggleError {
  return new HaggleError('journal/disk-full', 'the disk of the journal is full', {
    next: 'Free some space, then start the agent again; until then it answers but signs nothing.',
  })
}
