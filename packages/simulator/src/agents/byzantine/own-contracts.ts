import type { HaggleRecord, RecordType } from '@haggle/protocol'
import { frameOf, type Cheat } from './tamper.ts'

/** Contracts that a cheat has in mind. */
const KEPT = 32
/** G of the `test` profile. */
export const GRACE_MS = 150

/** A contract of a cheat with a panel, and what it heard and said of it. */
export interface Own {
  readonly award: HaggleRecord<'award'>
  readonly records: Map<string, HaggleRecord>
  readonly denies: boolean
  shown: boolean
  done: boolean
}

/** Contracts of its own, as it hears of them and speaks of them. */
export class OwnContracts {
  readonly #of = new Map<string, Own>()
  readonly #cheat: Cheat

  constructor(cheat: Cheat) {
    this.#cheat = cheat
  }

  note(frame: Uint8Array): readonly HaggleRecord[] {
    const records = this.#cheat.recordsOf(frame)
    for (const record of records) this.#note(record)
    return records
  }

  of(record: HaggleRecord): Own | undefined {
    return 'contract' in record.body ? this.#of.get(record.body.contract) : this.#of.get(record.id)
  }

  all(): Iterable<Own> {
    return this.#of.values()
  }

  #note(record: HaggleRecord): void {
    if (record.type === 'award') {
      const isParty = [record.author, record.body.worker].includes(this.#cheat.signer.key)
      if (!isParty || record.body.panel.length === 0 || this.#of.has(record.id) || this.#of.size >= KEPT) return
      const denies = this.#cheat.random.permille(600)
      this.#of.set(record.id, { award: record, records: new Map(), denies, shown: false, done: false })
    } else if ('contract' in record.body) this.#of.get(record.body.contract)?.records.set(record.id, record)
  }
}

export function find<T extends RecordType>({ records }: Own, type: T): HaggleRecord<T> | null {
  for (const record of records.values()) {
    // The type of a record says what its body is.
    if (record.type === type) return record as HaggleRecord<T>
  }
  return null
}

export function headOf(cheat: Cheat, { award }: Own): { at: number; contract: typeof award.id; generation: number } {
  return { at: cheat.wallMs(), contract: award.id, generation: award.body.generation }
}

export function dueOf({ body }: HaggleRecord<'award'>): number {
  return Math.min(body.at + (body.terms.milestones[0]?.durationMs ?? 0), body.terms.endBy)
}

export function showPanel(cheat: Cheat, award: HaggleRecord<'award'>, records: readonly HaggleRecord[]): void {
  for (const peer of award.body.panel) cheat.inject(peer, frameOf([award, ...records]))
}
