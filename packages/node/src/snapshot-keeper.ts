import { HaggleError, type NetworkId } from '@haggle/protocol'
import type { Journal, JournalWrite, Logger } from '@haggle/ports'
import type { Engine, SnapshotPart } from '@haggle/core'
import { decodeLogEntry } from './log-codec.ts'
import { decodePart, encodeBegin, encodeEnd, encodePart, encodeVoid, snapshotRow } from './snapshot-codec.ts'
import type { TaskIndex } from './task-index.ts'

/** Rows of the log between two snapshots, at least: reading them takes a quarter of a second. */
const EVERY = 16_384
/** Rows of the log that are kept for whoever looks back: those of some 100,000 contracts, in 160 MB. */
const KEPT = 1_000_000
/** What is encoded and written in one piece, so that nothing else waits for long. */
const PIECE_BYTES = 1_048_576

export interface SnapshotKeeperParts {
  readonly journal: Journal
  readonly engine: Engine
  readonly index: TaskIndex
  readonly networkId: NetworkId
  readonly logger: Logger
  readonly every?: number | undefined
  readonly kept?: number
}

/** A snapshot of which every row is there. */
interface Whole {
  readonly begin: number
  readonly end: number
  readonly covers: number
}

/**
 * Spares a restart the whole log: now and then all that the engine remembers is written down in one place, and what is older
 * than a log of a million rows is let go. Whatever is wrong with a snapshot, the one before it and the log say the same.
 */
export class SnapshotKeeper {
  readonly #parts: SnapshotKeeperParts
  readonly #every: number
  readonly #kept: number
  /** One past the last row of the log. */
  #end = 0
  #since = 0
  /** Rows after which the next one is due: writing one costs as much as it holds records. */
  #due: number
  /** Behind the damage nobody would find the next one: all before it has to go. */
  #isDamaged = false
  #newest: Whole | undefined
  #writing: Promise<void> | undefined
  #stopped = false

  constructor(parts: SnapshotKeeperParts) {
    this.#parts = parts
    this.#every = parts.every ?? EVERY
    this.#kept = parts.kept ?? KEPT
    this.#due = this.#every
  }

  /** Gives the engine everything back that it remembered: the newest snapshot that can be read, and the log from there on. */
  async restore(signal: AbortSignal | undefined): Promise<void> {
    const found = await this.#recalled()
    let next = found?.covers ?? 0
    for await (const row of this.#parts.journal.read('log', next)) {
      signal?.throwIfAborted()
      // Where no snapshot can be read the log is all there is, and it has to be whole.
      if (found === undefined && next === 0 && row.seq > 0) throw unreadable()
      const entry = decodeLogEntry(row.bytes, this.#parts.networkId)
      if (entry.kind === 'record') this.#parts.index.taskOf(entry.record)
      this.#parts.engine.handle({ kind: 'restored', entry })
      next = row.seq + 1
      this.#since += 1
    }
    this.#end = next
  }

  /**
   * The engine has come to write so many rows of the log, in a commit that `logged` tells the end of. To be called before
   * it is given anything else.
   */
  appended(rows: number, logged: Promise<void>): void {
    this.#end += rows
    this.#since += rows
    if (this.#since < this.#due || this.#writing !== undefined || this.#stopped) return
    this.#since = 0
    this.#writing = this.#take(this.#parts.engine.snapshot(), this.#end, logged).finally(() => {
      this.#writing = undefined
    })
  }

  /** Resolves when none is being written. */
  async idle(): Promise<void> {
    await this.#writing
  }

  /** Begins none any more, and breaks one off that is under way: it would be written for nobody. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#writing
  }

  async #take(parts: readonly SnapshotPart[], covers: number, logged: Promise<void>): Promise<void> {
    try {
      // What is not in the log is in no snapshot.
      await logged
      const whole = await this.#write(parts, covers)
      if (whole === undefined) return
      await this.#prune(whole)
      this.#newest = whole
    } catch (error) {
      // Whatever binds us meets the same disk, and stops there.
      this.#parts.logger.warn('snapshot-not-kept', { code: error instanceof HaggleError ? error.code : 'unknown' })
    }
  }

  async #write(parts: readonly SnapshotPart[], covers: number): Promise<Whole | undefined> {
    const { journal, networkId } = this.#parts
    let rows: JournalWrite[] = [written(encodeBegin(networkId, covers))]
    let [bytes, records, begin] = [0, 0, -1]
    const flush = async (durable: boolean): Promise<number> => {
      const seqs = await journal.commit(rows, durable)
      if (begin < 0) begin = seqs[0] ?? 0
      rows = []
      bytes = 0
      return seqs.at(-1) ?? 0
    }
    for (const part of parts) {
      const encoded = encodePart(part)
      rows.push(written(encoded.bytes))
      records += encoded.records
      bytes += encoded.bytes.length
      if (bytes >= PIECE_BYTES) await flush(false)
      if (this.#stopped) return undefined
    }
    rows.push(written(encodeEnd(parts.length)))
    // Pieces that a power cut takes are missed by their number.
    const end = await flush(true)
    this.#due = Math.max(this.#every, records)
    return { begin, end, covers }
  }

  /** Two snapshots stay, and the log from the older of them on, whatever its length. */
  async #prune(newest: Whole): Promise<void> {
    const { journal } = this.#parts
    const older = this.#newest
    if (this.#isDamaged) await journal.prune('snapshot', newest.begin)
    this.#isDamaged = false
    if (older === undefined) return
    await journal.prune('snapshot', older.begin)
    // The last row before it shows that the log reaches as far as it says.
    const before = Math.min(older.covers - 1, newest.covers - this.#kept)
    if (before > 0) await journal.prune('log', before)
  }

  /** Recalls the newest snapshot that is whole, can be read, and covers no more than there is. */
  async #recalled(): Promise<Whole | undefined> {
    for (const whole of await this.#wholeOnes()) {
      if (!(await this.#isCovered(whole.covers))) {
        // The power went before the rows that it stands for were on the disk. Others will take their numbers.
        await this.#parts.journal.commit([written(encodeVoid(whole.begin))], true)
        continue
      }
      const parts = await this.#partsOf(whole)
      if (parts === undefined) {
        this.#parts.logger.warn('snapshot-unreadable', { covers: whole.covers })
        continue
      }
      for (const part of parts) {
        if (part.kind === 'deal') this.#parts.index.taskOf(part.award)
        this.#parts.engine.handle({ kind: 'recalled', part })
      }
      this.#newest = whole
      return whole
    }
    return undefined
  }

  /** The newest first. Where the table is damaged it ends. */
  async #wholeOnes(): Promise<readonly Whole[]> {
    const whole: Whole[] = []
    const voided = new Set<number>()
    let open: { readonly begin: number; readonly covers: number; parts: number } | undefined
    try {
      for await (const { seq, bytes } of this.#parts.journal.read('snapshot')) {
        const found = snapshotRow(bytes)
        if (found?.kind === 'begin') {
          if (found.networkId !== this.#parts.networkId) throw otherNetwork()
          open = { begin: seq, covers: found.covers, parts: 0 }
        } else if (found?.kind === 'part' && open !== undefined) {
          open.parts += 1
        } else if (found?.kind === 'end' && open?.parts === found.parts) {
          whole.push({ begin: open.begin, end: seq, covers: open.covers })
          open = undefined
        } else if (found?.kind === 'void') {
          voided.add(found.begin)
        }
      }
    } catch (error) {
      if (!(error instanceof HaggleError) || error.code !== 'journal/corrupt') throw error
      this.#isDamaged = true
      this.#parts.logger.warn('snapshot-damaged', { code: error.code })
    }
    return whole.filter(({ begin }) => !voided.has(begin)).toReversed()
  }

  async #isCovered(covers: number): Promise<boolean> {
    if (covers === 0) return true
    for await (const last of this.#parts.journal.read('log', covers - 1)) return last.seq >= covers - 1
    return false
  }

  async #partsOf({ begin, end }: Whole): Promise<readonly SnapshotPart[] | undefined> {
    const parts: SnapshotPart[] = []
    for await (const { seq, bytes } of this.#parts.journal.read('snapshot', begin + 1)) {
      if (seq >= end) break
      const part = decodePart(bytes, this.#parts.networkId)
      if (part === undefined) return undefined
      parts.push(part)
    }
    return parts
  }
}

function written(bytes: Uint8Array): JournalWrite {
  return { table: 'snapshot', bytes }
}

function otherNetwork(): HaggleError {
  return new HaggleError('journal/other-network', 'this journal belongs to another network', {
    next: 'Start the agent on the network that it was made for, or under another name.',
  })
}

function unreadable(): HaggleError {
  return new HaggleError(
    'journal/corrupt',
    'the journal is damaged: no snapshot can be read, and the log is not whole',
    {
      next: 'Restore the directory from a backup, or start under another name: signing on from a damaged log could contradict what was signed before.',
    },
  )
}
