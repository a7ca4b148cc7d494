import type { AgentKey } from '@haggle/protocol'
import type { Journal, JournalRow, JournalWrite } from '@haggle/ports'
import type { EngineEvent } from '@haggle/core'
import type { AgentEvent, EventOptions, NodeEvent } from './agent-types.ts'
import { packText, unpackText } from './row-text.ts'

/** Stored events kept; older ones are pruned. A contract tells about eight, so this is the story of 12,000 contracts. */
const KEPT = 100_000
const PRUNE_EVERY = 4_096
/** The newest rows are kept at hand: who listens all the time is told what comes without asking the disk for it. */
const AT_HAND = 256
/** Events that are told and not stored, waiting for one slow listener; beyond it the oldest are lost to that listener. */
const MOST_WAITING = 1_024

type Told = EngineEvent | NodeEvent

interface Listener {
  readonly transient: AgentEvent[]
  wake: () => void
}

/** The story of one agent: stored in the journal's `events` table, told to whoever listens. */
export class EventLog {
  readonly #journal: Journal
  readonly #agent: AgentKey
  readonly #listeners = new Set<Listener>()
  /** In order and without a gap. */
  readonly #newest: JournalRow[] = []
  #closed = false
  #pruned = 0

  constructor(journal: Journal, agent: AgentKey) {
    this.#journal = journal
    this.#agent = agent
  }

  /** The journal row of an event; `told` follows once it is on disk. */
  row(event: Told): JournalWrite {
    return { table: 'events', bytes: packText(JSON.stringify(event)) }
  }

  /** Rows of events that the journal has written, in order. */
  async stored(rows: readonly JournalRow[]): Promise<void> {
    for (const row of rows) this.#keepAtHand(row)
    for (const listener of this.#listeners) listener.wake()
    const oldest = this.next - 1 - KEPT
    if (oldest < this.#pruned + PRUNE_EVERY) return
    this.#pruned = oldest
    await this.#journal.prune('events', oldest)
  }

  /** Where the next event will stand, or before it: nothing that is told from now on is missed from there. */
  get next(): number {
    return (this.#newest.at(-1)?.seq ?? -1) + 1
  }

  /** Tells an event that is not stored. */
  tell(event: Told): void {
    const told: AgentEvent = { ...event, seq: null, agent: this.#agent }
    for (const listener of this.#listeners) {
      if (listener.transient.length >= MOST_WAITING) listener.transient.shift()
      listener.transient.push(told)
      listener.wake()
    }
  }

  /** Every stored event from `from` on, then, with `follow`, what comes until the log closes or the signal aborts. */
  async *stream(options: EventOptions = {}): AsyncGenerator<AgentEvent, void, undefined> {
    const { follow = false, signal } = options
    const listener: Listener = { transient: [], wake: () => {} }
    if (follow) this.#listeners.add(listener)
    const onAbort = (): void => listener.wake()
    signal?.addEventListener('abort', onAbort)
    try {
      let next = options.from ?? 0
      for (;;) {
        // Whatever is stored or told from here on wakes this promise, so that nothing falls between reading and waiting.
        const woken = new Promise<void>((resolve) => (listener.wake = resolve))
        const last = this.#closed || signal?.aborted === true
        for await (const row of this.#since(next)) {
          if (signal?.aborted === true) return
          next = row.seq + 1
          yield this.#read(row.seq, row.bytes)
        }
        yield* listener.transient.splice(0)
        if (!follow || last) return
        await woken
      }
    } catch (error) {
      // The journal closes right after this log: a stream that was reading then has simply come to its end.
      if (!this.#closed) throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#listeners.delete(listener)
    }
  }

  /** Ends every stream after what is stored so far; called before the journal closes. */
  close(): void {
    this.#closed = true
    for (const listener of this.#listeners) listener.wake()
  }

  #keepAtHand(row: JournalRow): void {
    if (row.seq !== this.next) this.#newest.length = 0
    this.#newest.push(row)
    if (this.#newest.length > AT_HAND) this.#newest.shift()
  }

  #since(seq: number): Iterable<JournalRow> | AsyncIterable<JournalRow> {
    const [oldest] = this.#newest
    if (oldest === undefined || seq < oldest.seq) return this.#journal.read('events', seq)
    return this.#newest.slice(seq - oldest.seq)
  }

  #read(seq: number, bytes: Uint8Array): AgentEvent {
    // The row was written by `row` above and is under the journal's checksum.
    const event = JSON.parse(unpackText(bytes)) as Told
    return { ...event, seq, agent: this.#agent }
  }
}
