import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import { heightOf, placeOf, type Entry, type LaterEntry, type Placed, type Spot } from './line.ts'
import type { SeenRow } from './observer.ts'

const laterEntries: ReadonlySet<string> = new Set([
  ...['accept', 'decline', 'deliver', 'failed', 'withdraw', 'approve', 'reject', 'concede'],
  ...['unseal', 'cancel', 'timeout'],
])

export function isLaterEntry(record: HaggleRecord): record is LaterEntry {
  return laterEntries.has(record.type)
}

/** One contract as one log has it. */
export class ContractFile {
  readonly award: HaggleRecord<'award'>
  readonly role: 'requester' | 'worker'
  readonly placed = new Map<RecordId, Placed>()
  readonly records = new Map<RecordId, HaggleRecord>()
  readonly closings: HaggleRecord<'closing'>[] = []
  readonly alleged: string[] = []
  /** What its panel said of it. */
  readonly votes: HaggleRecord<'vote'>[] = []
  opening: HaggleRecord<'opening'> | null = null
  /** An approval or a rejection stands for an opening that did not go out. */
  reviewed = false
  lapsed = false
  overtaken = false
  reopenedBy: HaggleRecord<'reopening'> | null = null
  /** Of the newest entry. */
  spot: Spot = { at: 'asked' }
  head: Entry
  highest: Spot | null = null
  readonly timeouts: HaggleRecord<'timeout'>[] = []

  constructor(award: HaggleRecord<'award'>, self: AgentKey) {
    this.award = award
    this.head = award
    this.role = award.author === self ? 'requester' : 'worker'
    this.records.set(award.id, award)
    this.placed.set(award.id, { entry: award, spot: this.spot })
  }

  get opened(): boolean {
    return this.opening !== null || this.reviewed
  }

  /** Nothing more is owed in it, by what this log says. */
  get isOver(): boolean {
    if (this.lapsed || this.overtaken || this.reopenedBy !== null || this.closings.length > 0) return true
    return this.highest !== null || this.ranOut
  }

  /** A TIMEOUT stands: who waited has not gone on from the entry that came beside it after all. */
  get ranOut(): boolean {
    return this.timeouts.some((timeout) => !this.#isBeaten(timeout))
  }

  /** Takes a record in; the sentence says why it has no place. */
  add(record: HaggleRecord): string | null {
    this.records.set(record.id, record)
    if (record.type === 'opening') this.opening ??= record
    if (record.type === 'closing') this.closings.push(record)
    if (record.type === 'vote') this.votes.push(record)
    return isLaterEntry(record) ? this.#place(record) : null
  }

  #isBeaten(timeout: HaggleRecord<'timeout'>): boolean {
    for (const { entry } of this.placed.values()) {
      if (entry.type === 'award' || entry.author !== timeout.author) continue
      const before = this.placed.get(entry.body.prev)?.entry
      if (before === undefined || before.type === 'award' || before.id === timeout.id) continue
      if (before.body.prev === timeout.body.prev) return true
    }
    return false
  }

  #place(entry: LaterEntry): string | null {
    const before = this.placed.get(entry.body.prev)
    if (before === undefined) return 'the entry that it follows is not in the log'
    const spot = placeOf(this.award, before, entry, (id) => this.records.get(id))
    if (typeof spot === 'string') return spot
    this.placed.set(entry.id, { entry, spot })
    if (entry.type === 'timeout') this.timeouts.push(entry)
    if (entry.type === 'approve' || entry.type === 'reject') this.reviewed = true
    this.spot = spot
    this.head = entry
    if (spot.at === 'over' && (this.highest === null || heightOfSpot(spot) > heightOfSpot(this.highest)))
      this.highest = spot
    return null
  }
}

/** How high the end of a spot stands; -1: it is none. */
export function heightOfSpot(spot: Spot): number {
  return spot.at === 'over' ? heightOf(spot.end, spot.fault) : -1
}

/** One log: what an agent remembers, in the order in which it came to. */
export class Book {
  readonly agent: number
  readonly key: AgentKey
  readonly disk: number
  readonly rows: SeenRow[] = []
  readonly records = new Map<RecordId, HaggleRecord>()
  readonly files = new Map<RecordId, ContractFile>()
  /** Contracts of a task, in order. */
  readonly ofTask = new Map<RecordId, ContractFile[]>()
  /** Contracts of others, on whose panel it votes. */
  readonly watched = new Map<RecordId, HaggleRecord<'award'>>()
  readonly ownTasks = new Set<RecordId>()
  /** How tasks of its own were taken off the board. */
  readonly closedTasks = new Map<RecordId, string>()

  constructor(agent: number, key: AgentKey, disk: number) {
    this.agent = agent
    this.key = key
    this.disk = disk
  }

  /** What becomes of a row, if anything is wrong with its place. */
  add(row: SeenRow): string | null {
    this.rows.push(row)
    if (row.kind === 'record') return this.#addRecord(row.record)
    if (row.kind === 'entry') this.#addEntry(row.entry)
    return null
  }

  #addRecord(record: HaggleRecord): string | null {
    this.records.set(record.id, record)
    if (record.type === 'award') {
      if (record.author !== this.key && record.body.worker !== this.key) this.watched.set(record.id, record)
      else if (!this.files.has(record.id)) this.#begin(record)
      return null
    }
    if (record.type === 'reopening') {
      for (const file of this.ofTask.get(record.body.task) ?? [])
        if (file.award.body.generation < record.body.generation) file.reopenedBy ??= record
      return null
    }
    if (!('contract' in record.body)) return null
    const file = this.files.get(record.body.contract)
    if (this.watched.has(record.body.contract)) return null
    return file === undefined ? 'its award is not in the log' : file.add(record)
  }

  #begin(award: HaggleRecord<'award'>): void {
    const file = new ContractFile(award, this.key)
    this.files.set(award.id, file)
    const others = this.ofTask.get(award.body.task) ?? []
    this.ofTask.set(award.body.task, [...others, file])
  }

  #addEntry(entry: Readonly<Record<string, unknown>>): void {
    const { kind, contract, task } = entry
    // Ids are text in rows as in records.
    const file = typeof contract === 'string' ? this.files.get(contract as RecordId) : undefined
    if (file !== undefined) {
      if (kind === 'lapsed') file.lapsed = true
      if (kind === 'overtaken') file.overtaken = true
      if (kind === 'alleged') file.alleged.push(String(entry['fault']))
    }
    if (typeof task !== 'string') return
    // Ids are text in rows as in records.
    const id = task as RecordId
    if (kind === 'job') this.ownTasks.add(id)
    if (kind === 'task-closed') this.closedTasks.set(id, String(entry['as']))
  }
}
