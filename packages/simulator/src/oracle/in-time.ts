import type { HaggleRecord, RecordId, Slot } from '@haggle/protocol'
import { isLaterEntry } from './book.ts'
import type { Ledger } from './ledger.ts'
import type { Cast, Moment, SeenFrame, Who } from './observer.ts'
import { cameQuorum, liarsBorne } from './panel.ts'
import { graceOf } from './windows.ts'

/** What is written as the last thing before a clock runs out may not be on its way yet. */
const SEND_MS = 10
/** A process that has just begun first asks what it missed. */
const BEGUN_MS = 1_000

interface Span {
  readonly from: number
  until: number
}

/** When each record was made and where it came to: what nobody may be convicted against. */
export class InTime {
  /** What a wall clock that is right shows when the world begins. */
  epoch = 0
  #calm = false
  readonly #spans = new Map<number, Map<number, Span>>()
  /** The world's time of the first writing of a record by its author, and his process. */
  readonly #made = new Map<RecordId, { readonly at: number; readonly wall: number; readonly life: number }>()
  /** When agents wrote a record down, or were shown it, by their own walls. */
  readonly #kept = new Map<RecordId, Map<number, number>>()
  /** By record and process. */
  readonly #shown = new Map<RecordId, Map<number, number>>()

  begin(cast: Cast): void {
    this.#calm = cast.calm
  }

  started(who: Who, now: Moment): void {
    const spans = this.#spans.get(who.agent) ?? new Map<number, Span>()
    this.#spans.set(who.agent, spans.set(who.life, { from: now.at, until: Number.POSITIVE_INFINITY }))
  }

  ended(who: Who, now: Moment): void {
    const span = this.#spans.get(who.agent)?.get(who.life)
    if (span !== undefined) span.until = now.at
  }

  wrote(who: Who, now: Moment, record: HaggleRecord): void {
    note(this.#kept, record.id, who.agent, now.wall)
    if (record.author === who.key && !this.#made.has(record.id))
      this.#made.set(record.id, { at: now.at, wall: now.wall, life: who.life })
  }

  received({ records }: SeenFrame, to: Who, now: Moment): void {
    for (const record of records)
      if (isLaterEntry(record) || record.type === 'opening') note(this.#shown, record.id, to.life, now.wall)
  }

  /**
   * Why nobody may find that the duty of a slot was not met by its due, or null: a correct other side held the answer in time, or so many
   * correct witnesses that the others are no quorum, or nothing stood between an answer that was made in time and everybody.
   */
  ground(ledger: Ledger, award: HaggleRecord<'award'>, answer: HaggleRecord, due: number): string | null {
    const latest = due + graceOf(award.body.terms.timers)
    const other = ledger.memberOf.get(answer.author === award.author ? award.body.worker : award.author)
    const isFair = other !== undefined && other.correct && other.clockHolds && !other.forgets
    const atOther = other === undefined ? undefined : this.#kept.get(answer.id)?.get(other.agent)
    const isHeld = other !== undefined && ledger.homeOf(other.agent)?.records.has(answer.id) === true
    if (isFair && isHeld && atOther !== undefined && atOther <= latest) return 'its other side held the answer in time'
    const witnesses = award.body.panel.filter((key) => {
      const member = ledger.memberOf.get(key)
      return member !== undefined && isFairWitness(ledger, key) && this.#remembers(member.agent, answer.id, latest)
    })
    // A delivery is nothing without its bytes, and a key nothing without its seal: whether they came as well is not seen here.
    const namesBytes = answer.type === 'deliver' || answer.type === 'unseal'
    if (!namesBytes && witnesses.length >= cameQuorum(award))
      return 'a quorum of its panel was shown the answer in time'
    return this.#wasSent(answer, due, latest) ? 'it answered in time and nothing stood in the way' : null
  }

  /** Whether an agent ran without a break, between two moments of a wall clock that is right. */
  ran(agent: number, from: number, until: number): boolean {
    const spans = [...(this.#spans.get(agent)?.values() ?? [])]
    const [first, last] = [from - this.epoch - BEGUN_MS, until - this.epoch]
    return this.#calm && spans.some((span) => span.from <= first && span.until >= last)
  }

  /** Whether one process of an agent was shown it by then and ran on: what came to one that died before anybody asked is lost with it. */
  #remembers(agent: number, id: RecordId, latest: number): boolean {
    const lives = [...(this.#spans.get(agent) ?? [])]
    return lives.some(([life, { until }]) => {
      const wall = this.#shown.get(id)?.get(life)
      return wall !== undefined && wall <= latest && until + this.epoch > latest
    })
  }

  #wasSent({ id }: HaggleRecord, due: number, latest: number): boolean {
    const made = this.#made.get(id)
    if (!this.#calm || made === undefined || made.wall > due - SEND_MS) return false
    const spans = [...this.#spans.values()]
      .flatMap((lives) => [lives.get(made.life)])
      .filter((each) => each !== undefined)
    return spans.some(({ from, until }) => from <= made.at - BEGUN_MS && until >= made.at + 3 * (latest - made.wall))
  }
}

/** Whether no more members of a panel lie than it bears, its clocks included. */
export function isBorne(ledger: Ledger, award: HaggleRecord<'award'>): boolean {
  return award.body.panel.filter((key) => !isFairWitness(ledger, key)).length <= liarsBorne(award)
}

export function isFairWitness(ledger: Ledger, key: string): boolean {
  const member = ledger.memberOf.get(key)
  return member !== undefined && member.correct && member.clockHolds && !member.forgets
}

/** Whether a record is what somebody owed in a slot. */
export function answers(award: HaggleRecord<'award'>, slot: Slot, record: HaggleRecord): boolean {
  if (slot.duty === 'opening') return record.type === 'opening' && record.body.accept === slot.entry
  const holder = slot.duty === 'review' ? award.author : award.body.worker
  return (
    isLaterEntry(record) && record.type !== 'timeout' && record.body.prev === slot.entry && record.author === holder
  )
}

function note(into: Map<RecordId, Map<number, number>>, id: RecordId, by: number, wall: number): void {
  const at = into.get(id) ?? new Map<number, number>()
  into.set(id, at)
  if (!at.has(by)) at.set(by, wall)
}
