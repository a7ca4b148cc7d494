import { bounds, type HaggleRecord, type RecordId } from '@haggle/protocol'
import type { EvidenceRecord } from './place.ts'

/**
 * EVI-07: records whose award is not here yet, by the contract (or the name) for which they wait. Whoever has waited longest goes first when
 * it is full: what is lost here comes again with the next session.
 */
export class WaitingRoom {
  readonly #groups = new Map<RecordId, Map<RecordId, EvidenceRecord>>()
  readonly #ids = new Set<RecordId>()

  get size(): number {
    return this.#ids.size
  }

  has(id: RecordId): boolean {
    return this.#ids.has(id)
  }

  add(group: RecordId, record: EvidenceRecord): void {
    const held = this.#groups.get(group)
    if (held === undefined) this.#groups.set(group, new Map([[record.id, record]]))
    else held.set(record.id, record)
    this.#ids.add(record.id)
    while (this.#ids.size > bounds.waitingEvidence) this.#dropOldest()
  }

  /** Every record that waits, with what it waits for, the oldest group first. */
  *entries(): Generator<readonly [group: RecordId, record: EvidenceRecord]> {
    for (const [group, held] of this.#groups) for (const record of held.values()) yield [group, record]
  }

  /** The records that wait for this. */
  of(group: RecordId): readonly EvidenceRecord[] {
    return [...(this.#groups.get(group)?.values() ?? [])]
  }

  /** An award that itself waits until its worker has accepted it. */
  awardOf(contract: RecordId): HaggleRecord<'award'> | undefined {
    const award = this.#groups.get(contract)?.get(contract)
    return award?.type === 'award' ? award : undefined
  }

  /** The records that waited for this, which now wait no more. */
  take(group: RecordId): readonly EvidenceRecord[] {
    const held = this.of(group)
    this.#groups.delete(group)
    for (const { id } of held) this.#ids.delete(id)
    return held
  }

  #dropOldest(): void {
    for (const [group, held] of this.#groups) {
      for (const id of held.keys()) {
        held.delete(id)
        this.#ids.delete(id)
        break
      }
      if (held.size === 0) this.#groups.delete(group)
      return
    }
  }
}
