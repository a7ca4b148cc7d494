import type { HaggleRecord, PayloadHash, RecordId, Slot } from '@haggle/protocol'
import { isLaterEntry } from './book.ts'
import type { Ledger } from './ledger.ts'
import type { Moment, Who } from './observer.ts'

/** When something came to one process, by its clocks. */
export interface Came {
  readonly wall: number
  readonly record: HaggleRecord
}

/** What one process was shown of contracts of others. */
class Life {
  readonly since: number
  readonly came = new Map<RecordId, Came>()
  /** By the slot's entry: what was written on it, and openings by their ACCEPT. */
  readonly answers = new Map<string, RecordId[]>()
  /** Records that their other side has said to hold. */
  readonly acknowledged = new Map<RecordId, number>()
  /** By record: who called it timely. */
  readonly timely = new Map<RecordId, Set<string>>()

  constructor(since: number) {
    this.since = since
  }
}

/** What each process that may witness was shown, and when: what its votes must follow from. */
export class WitnessSight {
  readonly #lives = new Map<number, Life>()
  /** By directory: payloads that it holds. */
  readonly #held = new Map<string, number>()
  /** By directory: the first coming of a record. */
  readonly #first = new Map<string, number>()

  started(who: Who, { wall }: Moment): void {
    this.#lives.set(who.life, new Life(wall))
  }

  held(who: Who, { wall }: Moment, hash: PayloadHash): void {
    const place = `${who.disk} ${hash}`
    if (!this.#held.has(place)) this.#held.set(place, wall)
  }

  /** Records are put before a process, directly or by gossip. */
  shown(records: readonly HaggleRecord[], ledger: Ledger, to: Who, { wall }: Moment): void {
    const life = this.#lives.get(to.life)
    if (life === undefined) return
    for (const record of records) {
      if (record.type === 'award' || !('contract' in record.body)) continue
      if (ledger.awards.get(record.body.contract)?.body.panel.includes(to.key) === true)
        this.#shown(life, to, record, wall)
    }
  }

  lifeOf(who: Who): Life | undefined {
    return this.#lives.get(who.life)
  }

  /** Whether this process was shown every entry from the award to this one. */
  hasLineOf(who: Who, record: HaggleRecord): boolean {
    const came = this.lifeOf(who)?.came
    let at: HaggleRecord | undefined = record
    while (at !== undefined && isLaterEntry(at) && at.body.prev !== at.body.contract)
      at = came?.get(at.body.prev)?.record
    return at !== undefined && isLaterEntry(at)
  }

  /** When a directory was first shown a record. */
  firstOf(who: Who, id: RecordId): number | undefined {
    return this.#first.get(`${who.disk} ${id}`)
  }

  /** Since when a directory holds a payload. */
  heldSince(who: Who, hash: PayloadHash): number | undefined {
    return this.#held.get(`${who.disk} ${hash}`)
  }

  /** What this process was shown that meets the duty of a slot, with all that it names: the moment at which it was whole. */
  wholeAnswers(who: Who, slot: Slot): readonly Came[] {
    const life = this.#lives.get(who.life)
    return (life?.answers.get(`${slot.duty === 'opening' ? 'o' : 'e'} ${slot.entry}`) ?? []).flatMap((id) => {
      const came = life?.came.get(id)
      if (came === undefined) return []
      const { record } = came
      const bytes = bytesOf(record, (other) => life?.came.get(other)?.record)
      if (bytes === null) return [came]
      const held = this.heldSince(who, bytes)
      return held === undefined ? [] : [{ record, wall: Math.max(held, came.wall) }]
    })
  }

  #shown(life: Life, to: Who, record: HaggleRecord, wall: number): void {
    const first = `${to.disk} ${record.id}`
    if (!this.#first.has(first)) this.#first.set(first, wall)
    if (life.came.has(record.id)) return
    life.came.set(record.id, { wall, record })
    const answers = record.type === 'opening' ? `o ${record.body.accept}` : null
    if (answers !== null) life.answers.set(answers, [...(life.answers.get(answers) ?? []), record.id])
    if (isLaterEntry(record) && record.type !== 'timeout') {
      const place = `e ${record.body.prev}`
      life.answers.set(place, [...(life.answers.get(place) ?? []), record.id])
    }
    const named = namedBy(record)
    if (named !== null && !life.acknowledged.has(named)) life.acknowledged.set(named, wall)
    if (record.type !== 'vote' || record.body.verdict !== 'timely') return
    const voters = life.timely.get(record.body.names) ?? new Set<string>()
    life.timely.set(record.body.names, voters.add(record.author))
  }
}

/** What the author of this record says that it holds. */
function namedBy(record: HaggleRecord): RecordId | null {
  if (record.type === 'receipt') return record.body.entry
  if (record.type === 'heartbeat') return record.body.opening
  return isLaterEntry(record) ? record.body.prev : null
}

/** What a record is nothing without: a delivery without what it hands over, a key without the seal that it opens. */
export function bytesOf(record: HaggleRecord, find: (id: RecordId) => HaggleRecord | undefined): PayloadHash | null {
  if (record.type === 'deliver') return record.body.sealedHash ?? record.body.resultHash
  const rejection = record.type === 'unseal' ? find(record.body.prev) : undefined
  const delivery = rejection?.type === 'reject' ? find(rejection.body.prev) : undefined
  return delivery?.type === 'deliver' ? delivery.body.sealedHash : null
}
