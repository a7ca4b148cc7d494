import { entryTypes, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { eventOf, type ToldEvent } from './read-events.ts'
import type { AgentHistory } from './history.ts'
import type { InvariantId } from './invariants.ts'
import type { LogReader, LogRow } from './read-log.ts'
import { led, type LaterEntry, type Stage } from './stage.ts'

/** A record with the place at which its holder wrote it down. */
export interface Placed<R extends HaggleRecord = HaggleRecord> {
  readonly seq: number
  readonly record: R
}

/** An entry of a contract, where its branch stands after it, and where it was written down. */
export interface Node {
  readonly seq: number
  readonly entry: LaterEntry
  readonly stage: Stage
}

/** What one agent holds of one contract, in the order in which it came to hold it. */
export interface HeldContract {
  readonly award: Placed<HaggleRecord<'award'>>
  readonly nodes: Map<RecordId, Node>
  readonly openings: Placed<HaggleRecord<'opening'>>[]
  readonly notes: Placed[]
  readonly closings: Placed<HaggleRecord<'closing'>>[]
  readonly lapsed: number[]
  readonly alleged: Extract<LogRow, { kind: 'alleged' }>[]
  overtaken: boolean
}

/** What was noticed while reading, before any two records were compared. */
export interface Noticed {
  readonly invariant: InvariantId
  readonly text: string
  readonly records: readonly RecordId[]
}

/** One agent's log and events, read and sorted. */
export interface Chronicle {
  readonly directory: string
  readonly agent: AgentKey
  /** The log is there from its first row on: what is not in it was never written. */
  readonly whole: boolean
  readonly records: Map<RecordId, Placed>
  readonly contracts: Map<RecordId, HeldContract>
  /** The contracts of a task, in the order in which they came. */
  readonly byTask: Map<RecordId, HeldContract[]>
  readonly jobs: Map<RecordId, string>
  readonly closedTasks: Map<RecordId, number>
  readonly events: readonly ToldEvent[]
  readonly noticed: Noticed[]
}

const entryNames: ReadonlySet<string> = new Set(entryTypes)

export function isLaterEntry(record: HaggleRecord): record is LaterEntry {
  return entryNames.has(record.type) && record.type !== 'award'
}

export function chronicleOf(history: AgentHistory, reader: LogReader): Chronicle {
  const chronicle: Chronicle = {
    directory: history.directory,
    agent: history.agent,
    whole: (history.log[0]?.seq ?? 0) === 0,
    records: new Map(),
    contracts: new Map(),
    byTask: new Map(),
    jobs: new Map(),
    closedTasks: new Map(),
    events: history.events.flatMap((row) => eventOf(row) ?? []),
    noticed: [],
  }
  for (const stored of history.log) takeRow(chronicle, reader.read(stored))
  const unread = history.events.length - chronicle.events.length
  if (unread > 0) notice(chronicle, 'S22', `${unread} row(s) of events cannot be read`)
  return chronicle
}

function takeRow(chronicle: Chronicle, row: LogRow): void {
  switch (row.kind) {
    case 'record':
      takeRecord(chronicle, row)
      return
    case 'job':
      chronicle.jobs.set(row.task, row.key)
      return
    case 'task-closed':
      if (!chronicle.closedTasks.has(row.task)) chronicle.closedTasks.set(row.task, row.seq)
      return
    case 'lapsed':
      chronicle.contracts.get(row.contract)?.lapsed.push(row.seq)
      return
    case 'overtaken': {
      const held = chronicle.contracts.get(row.contract)
      if (held !== undefined) held.overtaken = true
      return
    }
    case 'alleged':
      chronicle.contracts.get(row.contract)?.alleged.push(row)
      return
    case 'broken':
      notice(chronicle, 'S1', `row ${row.seq} of the log counts for nothing: ${row.reason}`)
      return
    case 'other':
  }
}

function takeRecord(chronicle: Chronicle, placed: Placed): void {
  const { record, seq } = placed
  const known = chronicle.records.get(record.id)
  if (known !== undefined) {
    // The bids that an award names are written down with it, whether they were before or not.
    if (record.type === 'bid') return
    notice(chronicle, 'S13', `${record.type} stands in rows ${known.seq} and ${seq} of the log`, [record.id])
    return
  }
  chronicle.records.set(record.id, placed)
  if (record.type === 'award') {
    const lists = { nodes: new Map(), openings: [], notes: [], closings: [], lapsed: [], alleged: [] }
    const held: HeldContract = { award: { seq, record }, ...lists, overtaken: false }
    chronicle.contracts.set(record.id, held)
    const ofTask = chronicle.byTask.get(record.body.task)
    if (ofTask === undefined) chronicle.byTask.set(record.body.task, [held])
    else ofTask.push(held)
    return
  }
  if (!('contract' in record.body)) return
  const held = chronicle.contracts.get(record.body.contract)
  if (held === undefined) {
    // A log that begins later may have left it behind.
    if (!chronicle.whole) return
    notice(chronicle, 'S6', `${record.type} belongs to a contract whose award is not in the log before it`, [record.id])
    return
  }
  if (record.type === 'closing') held.closings.push({ seq, record })
  else if (isLaterEntry(record)) takeEntry(chronicle, held, seq, record)
  else held.notes.push(placed)
  if (record.type === 'opening') held.openings.push({ seq, record })
}

function takeEntry(chronicle: Chronicle, held: HeldContract, seq: number, entry: LaterEntry): void {
  const award = held.award.record
  const isFirst = entry.body.prev === award.id
  const parent = held.nodes.get(entry.body.prev)
  if (parent === undefined && !isFirst) {
    if (!chronicle.whole) return
    notice(chronicle, 'S6', `${entry.type} follows an entry that is not in the log before it`, [entry.id, award.id])
    return
  }
  const before = parent?.entry.body.seq ?? 0
  if (entry.body.seq !== before + 1)
    notice(chronicle, 'S6', `${entry.type} has number ${entry.body.seq} after ${before}`, [entry.id])
  if (entry.body.generation !== award.body.generation)
    notice(chronicle, 'S6', `${entry.type} is of another generation than its award`, [entry.id, award.id])
  const next = led(award, parent?.stage ?? { kind: 'awarded' }, entry)
  if ('stage' in next) held.nodes.set(entry.id, { seq, entry, stage: next.stage })
  else notice(chronicle, next.broken, next.text, [entry.id, entry.body.prev])
}

function notice(chronicle: Chronicle, invariant: InvariantId, text: string, records: readonly RecordId[] = []): void {
  chronicle.noticed.push({ invariant, text, records })
}
