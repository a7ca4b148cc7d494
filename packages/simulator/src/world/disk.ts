import type { PayloadHash } from '@haggle/protocol'
import type { JournalTable } from '@haggle/ports'
import type { Tail } from '../plan/plan.ts'
import type { Random } from '../random.ts'

/** Rows of one commit: all of them are there after a crash, or none. */
export interface Commit {
  readonly at: number
  readonly rows: readonly { readonly table: JournalTable; readonly seq: number; readonly bytes: Uint8Array }[]
  readonly payloads: readonly PayloadHash[]
}

/** Old states that a directory can be put back to. */
const COMMITS_REMEMBERED = 100_000

/** What an agent has on disk: it outlives the process, and loses what was not synced with the power. */
export class Disk {
  readonly number: number
  readonly #commits: Commit[]
  readonly #payloads: Map<PayloadHash, Uint8Array>
  /** Payloads that are not part of a commit yet. */
  #staged: PayloadHash[] = []
  /** Commits below this number are on the plate. */
  #synced: number
  #next: Record<JournalTable, number>
  readonly #floor: Record<JournalTable, number> = { log: 0, events: 0, tax: 0, snapshot: 0 }
  /** The next sync does not come back well. */
  failing: { readonly tail: Tail } | null = null
  full = false

  constructor(number: number, from?: { commits: readonly Commit[]; payloads: ReadonlyMap<PayloadHash, Uint8Array> }) {
    this.number = number
    this.#commits = [...(from?.commits ?? [])]
    this.#payloads = new Map(from?.payloads)
    this.#synced = this.#commits.length
    this.#next = nextAfter(this.#commits)
  }

  /** One past the last row of each table. */
  get next(): Readonly<Record<JournalTable, number>> {
    return this.#next
  }

  get commitCount(): number {
    return this.#commits.length
  }

  add(at: number, writes: readonly { readonly table: JournalTable; readonly bytes: Uint8Array }[]): Commit {
    const rows = writes.map(({ table, bytes }) => ({ table, seq: this.#next[table]++, bytes: bytes.slice() }))
    const commit = { at, rows, payloads: this.#staged }
    this.#staged = []
    this.#commits.push(commit)
    return commit
  }

  /** Everything up to the given commit is on the plate. */
  sync(count: number): void {
    this.#synced = Math.max(this.#synced, Math.min(count, this.#commits.length))
  }

  hold(hash: PayloadHash, bytes: Uint8Array, atOnce: boolean): void {
    if (!this.#payloads.has(hash) && !atOnce) this.#staged.push(hash)
    this.#payloads.set(hash, bytes)
  }

  payload(hash: PayloadHash): Uint8Array | undefined {
    return this.#payloads.get(hash)
  }

  *rows(table: JournalTable, from: number): Generator<{ readonly seq: number; readonly bytes: Uint8Array }> {
    const first = Math.max(from, this.#floor[table])
    for (const commit of this.#commits)
      for (const row of commit.rows) if (row.table === table && row.seq >= first) yield row
  }

  /** Rows below are not shown any more; their numbers stay taken. */
  prune(table: JournalTable, before: number): void {
    this.#floor[table] = Math.max(this.#floor[table], Math.min(before, this.#next[table]))
  }

  /** The power went: of what was not synced a first part is left, or nothing, or all. */
  loseTail(tail: Tail, random: Random): void {
    const unsynced = this.#commits.length - this.#synced
    const left = tail === 'whole' ? unsynced : tail === 'lost' ? 0 : random.below(unsynced + 1)
    // What the plate holds of a torn row fails its checksum, and so does garbage: the log ends before it.
    this.#cut(this.#synced + left)
    this.#forget(this.#staged)
    this.#staged = []
  }

  /** As it was at a time of the past. */
  rollBack(at: number): void {
    const kept = this.#commits.findIndex((commit) => commit.at > at)
    if (kept >= 0) this.#cut(kept)
  }

  /** A copy of the directory: what is on the plate and what is on its way there. */
  copy(number: number): Disk {
    return new Disk(number, { commits: this.#commits.slice(-COMMITS_REMEMBERED), payloads: this.#payloads })
  }

  #cut(count: number): void {
    for (const commit of this.#commits.splice(count)) this.#forget(commit.payloads)
    this.#synced = Math.min(this.#synced, count)
    this.#next = nextAfter(this.#commits)
  }

  #forget(payloads: readonly PayloadHash[]): void {
    for (const hash of payloads) this.#payloads.delete(hash)
  }
}

function nextAfter(commits: readonly Commit[]): Record<JournalTable, number> {
  const next = { log: 0, events: 0, tax: 0, snapshot: 0 }
  for (const commit of commits) for (const { table, seq } of commit.rows) next[table] = Math.max(next[table], seq + 1)
  return next
}
