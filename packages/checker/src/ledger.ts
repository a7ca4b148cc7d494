import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import { chronicleOf, isLaterEntry, type Chronicle } from './chronicle.ts'
import type { AgentHistory, CheckInit } from './history.ts'
import { LogReader } from './read-log.ts'
import type { LaterEntry } from './stage.ts'

/** Everything that all given agents have written down, together. */
export class Ledger {
  readonly chronicles: readonly Chronicle[]
  /** Every genuine record, whoever holds it. */
  readonly records = new Map<RecordId, HaggleRecord>()
  /** A key in more than one directory was copied: what one of them sent may stand in the other. */
  readonly #byAgent = new Map<AgentKey, Chronicle[]>()
  readonly #entries = new Map<RecordId, LaterEntry[]>()

  constructor(histories: readonly AgentHistory[], verify: CheckInit['verify']) {
    const readers = new Map<string, LogReader>()
    this.chronicles = histories.map((history) => {
      const reader = readers.get(history.networkId) ?? new LogReader(history.networkId, verify)
      readers.set(history.networkId, reader)
      return chronicleOf(history, reader)
    })
    for (const chronicle of this.chronicles) {
      this.#byAgent.set(chronicle.agent, [...(this.#byAgent.get(chronicle.agent) ?? []), chronicle])
      for (const { record } of chronicle.records.values()) this.#take(record)
    }
  }

  /** Every log begins with its first row: what is in none of them was never written. */
  get isWhole(): boolean {
    return this.chronicles.every(({ whole }) => whole)
  }

  /** The directories of an agent that were given. */
  of(agent: AgentKey): readonly Chronicle[] {
    return this.#byAgent.get(agent) ?? []
  }

  /** Every entry of a contract that anybody holds. */
  entriesOf(contract: RecordId): readonly LaterEntry[] {
    return this.#entries.get(contract) ?? []
  }

  all<T extends HaggleRecord['type']>(type: T): readonly HaggleRecord<T>[] {
    const found: HaggleRecord<T>[] = []
    // The type was looked at, which the compiler cannot see through a type parameter.
    for (const record of this.records.values()) if (record.type === type) found.push(record as HaggleRecord<T>)
    return found
  }

  #take(record: HaggleRecord): void {
    if (this.records.has(record.id)) return
    this.records.set(record.id, record)
    if (!isLaterEntry(record)) return
    const entries = this.#entries.get(record.body.contract)
    if (entries === undefined) this.#entries.set(record.body.contract, [record])
    else entries.push(record)
  }
}
