import type { PayloadHash } from '@haggle/protocol'

/** Append-only tables: what binds us, what happened, what it cost, and all that the log comes to, now and then. */
export type JournalTable = 'log' | 'events' | 'tax' | 'snapshot'

/** One row to append. */
export interface JournalWrite {
  readonly table: JournalTable
  readonly bytes: Uint8Array
}

/** One row as it was written; `seq` rises within its table. */
export interface JournalRow {
  readonly seq: number
  readonly bytes: Uint8Array
}

/** What a journal wrote to its disk since it was opened. */
export interface DiskWrites {
  /** Commits that waited together are one. */
  readonly writes: number
  /** Those among them that waited for the disk. */
  readonly syncs: number
}

/**
 * Durable, ordered storage of one agent. A failed durable commit halts the journal for good: it rejects everything after,
 * since nobody can know what the disk holds.
 */
export interface Journal {
  /** Appends all rows atomically, in order; when `durable`, resolves only after the disk has them. Returns their sequence numbers. */
  commit(writes: readonly JournalWrite[], durable: boolean): Promise<readonly number[]>
  /** Rows from `from` (inclusive) in order of writing. */
  read(table: JournalTable, from?: number): AsyncIterable<JournalRow>
  /** Forgets rows below `before`: for tables with a bound. */
  prune(table: JournalTable, before: number): Promise<void>
  /**
   * Keeps a small payload beside the rows. It is written and synced in one piece with the next commit, so a record that names
   * it is never durable without it, and soon by itself when none comes. What the disk does not take fails that commit.
   */
  keep(hash: PayloadHash, bytes: Uint8Array): void
  /** A payload that was kept, whether or not it is written yet; rejects when it is damaged. */
  kept(hash: PayloadHash): Promise<Uint8Array | undefined>
  /** Absent, or undefined, where there is no disk to write to. */
  diskWrites?(): DiskWrites | undefined
  close(): Promise<void>
}

/** A payload by its hash; `size` in bytes. */
export interface HeldBlob {
  readonly hash: PayloadHash
  readonly size: number
}

/** Payloads by hash, spooled to disk and streamed: never held whole in memory. */
export interface Blobs {
  /** Stores a stream; with `expect`, fails with a coded error when hash or size differ, leaving nothing behind. */
  put(source: AsyncIterable<Uint8Array>, expect?: HeldBlob, signal?: AbortSignal): Promise<HeldBlob>
  /**
   * Stores a payload that is known before: `from` gives its bytes from an offset on. What came is kept when it breaks off, over
   * a restart too, and the next call goes on from there; what turns out to be another payload is not.
   */
  gather(expect: HeldBlob, from: (offset: number) => AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<HeldBlob>
  /** Size of a held payload, or undefined. */
  size(hash: PayloadHash): Promise<number | undefined>
  /** Streams a held payload from `offset`; rejects with a coded error when it is not held. */
  read(hash: PayloadHash, offset?: number): AsyncIterable<Uint8Array>
  /** The file that holds the payload, or null: it is so small that it has none. */
  path(hash: PayloadHash): Promise<string | null>
}
