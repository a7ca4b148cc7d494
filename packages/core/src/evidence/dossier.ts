import { bounds, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import type { EvidenceKey } from './key-tree.ts'
import { keyOfRecord, voicesOf, type EvidenceRecord } from './place.ts'

/** All evidence that names one contract: its award, and what lies on it. */
export class Dossier {
  readonly award: HaggleRecord<'award'>
  /** Where the award stands in the order of the set. */
  readonly key: EvidenceKey
  readonly #members = new Map<RecordId, EvidenceRecord>()
  readonly #voices: ReadonlySet<AgentKey>
  readonly #counts = new Map<AgentKey, number>()
  /** Only the summary is left: what a credit needs. */
  isSummary = false
  /** Until when nothing of it is dropped, as its records say; null: not asked since the last of them came. */
  heldUntil: number | null = null

  constructor(award: HaggleRecord<'award'>) {
    this.award = award
    this.key = keyOfRecord(award)
    this.#voices = voicesOf(award)
    this.add(award)
  }

  get id(): RecordId {
    return this.award.id
  }

  get members(): Iterable<EvidenceRecord> {
    return this.#members.values()
  }

  /** EVI-09: the award and the requester's own closing, from which its credit follows. */
  get isClosed(): boolean {
    for (const record of this.#members.values()) if (this.#isSummarised(record) && record !== this.award) return true
    return false
  }

  /** EVI-06: why a record has no place here, or null. */
  objection({ author }: EvidenceRecord): 'stranger' | 'quota' | null {
    if (!this.#voices.has(author)) return 'stranger'
    return (this.#counts.get(author) ?? 0) >= bounds.evidencePerVoice ? 'quota' : null
  }

  add(record: EvidenceRecord): void {
    this.#members.set(record.id, record)
    this.#counts.set(record.author, (this.#counts.get(record.author) ?? 0) + 1)
    this.heldUntil = null
  }

  /** Takes away all but the summary, and says what that was. */
  summarise(): readonly EvidenceRecord[] {
    const rest = [...this.#members.values()].filter((record) => !this.#isSummarised(record))
    for (const { id, author } of rest) {
      this.#members.delete(id)
      this.#counts.set(author, (this.#counts.get(author) ?? 0) - 1)
    }
    this.isSummary = true
    this.heldUntil = null
    return rest
  }

  #isSummarised(record: EvidenceRecord): boolean {
    return record === this.award || (record.type === 'closing' && record.author === this.award.author)
  }
}
