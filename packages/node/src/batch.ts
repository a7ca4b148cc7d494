import type { AgentKey, RecordId, RecordType } from '@haggle/protocol'
import type { JournalRow, JournalWrite, Metrics, Part } from '@haggle/ports'
import type { EngineEvent, LogEntry } from '@haggle/core'
import type { NodeEvent } from './agent-types.ts'
import type { Handled } from '@haggle/core'
import type { EventLog } from './event-log.ts'
import type { Pending } from './inbox.ts'
import { encodeLogEntry } from './log-codec.ts'
import { phaseOf, type TaskIndex } from './task-index.ts'

/** TAX-03: what an agent becomes to a task by signing a record of it. */
const partBySigning: ReadonlyMap<RecordType, Part> = new Map<RecordType, Part>([
  ['offer', 'requester'],
  ['bid', 'bidder'],
  ['accept', 'worker'],
])

const nothing: Handled = { answer: { ok: true, id: null }, effects: [] }

/** What one turn of the inbox writes: every entry and event of its inputs, in order, for one commit. */
export class Batch {
  readonly writes: JournalWrite[] = []
  readonly handled: { readonly pending: Pending; readonly handled: Handled }[] = []
  /** Tasks in which something came to an end: a contract, its closing, or the task itself. */
  readonly ended = new Set<RecordId>()
  readonly events: EngineEvent[] = []
  /** How many of its rows are entries of the log. */
  logRows = 0
  /** Whether anything in it binds us: only then it waits for the disk. */
  durable = false
  readonly #self: AgentKey
  readonly #index: TaskIndex
  readonly #metrics: Metrics
  #note: NodeEvent | undefined

  constructor(self: AgentKey, index: TaskIndex, metrics: Metrics) {
    this.#self = self
    this.#index = index
    this.#metrics = metrics
  }

  /** An event of the node takes its turn like an input, so that the story stays in order. */
  note(event: NodeEvent): Handled {
    this.#note = event
    return nothing
  }

  add(pending: Pending, handled: Handled, events: EventLog): void {
    this.handled.push({ pending, handled })
    if (this.#note !== undefined) {
      this.writes.push(events.row(this.#note))
      this.#note = undefined
    }
    for (const effect of handled.effects) {
      if (effect.kind === 'persist') this.#persist(effect.entry)
      if (effect.kind === 'notify') this.#event(effect.event, events)
    }
  }

  /** The rows of its events, given what the commit returned. */
  eventRows(seqs: readonly number[]): JournalRow[] {
    return this.writes.flatMap(({ table, bytes }, at) => {
      const seq = seqs[at]
      return table === 'events' && seq !== undefined ? [{ seq, bytes }] : []
    })
  }

  #persist(entry: LogEntry): void {
    this.writes.push({ table: 'log', bytes: encodeLogEntry(entry) })
    this.logRows += 1
    if (bindsUs(entry, this.#self)) this.durable = true
    if (entry.kind !== 'record') {
      if (entry.kind === 'task-closed') this.ended.add(entry.task)
      return
    }
    const task = this.#index.taskOf(entry.record)
    if (task !== null && entry.record.type === 'closing') this.ended.add(task)
    if (entry.record.author === this.#self) this.#signed(entry.record.type, task)
  }

  #signed(type: RecordType, task: RecordId | null): void {
    this.#metrics.count('signatures', 1, phaseOf(type), task)
    const part = partBySigning.get(type)
    if (task !== null && part !== undefined) this.#metrics.part(task, part)
  }

  #event(event: EngineEvent, events: EventLog): void {
    this.writes.push(events.row(event))
    this.events.push(event)
    if ('end' in event || event.event === 'expired') this.ended.add(event.task)
  }
}

/**
 * What we signed, and the job that was promised to our application. Anything else that is lost with the power comes
 * again from its author or is derived again from the clock.
 */
function bindsUs(entry: LogEntry, self: AgentKey): boolean {
  return entry.kind === 'job' || (entry.kind === 'record' && entry.record.author === self)
}
