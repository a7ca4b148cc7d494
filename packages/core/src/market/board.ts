import { bounds, type AgentKey, type HaggleRecord, type RecordId, type Timestamp } from '@haggle/protocol'
import type { RefusalCode } from '../refusal.ts'

/** An offer of another agent that is still on the shelf, with the newest reopening of its task. */
export interface Posted {
  readonly offer: HaggleRecord<'offer'>
  readonly reopening: HaggleRecord<'reopening'> | null
}

/** What a board holds, by the names of its parts. */
export interface BoardMemory {
  readonly posted: Map<RecordId, Posted>
  readonly perAuthor: Map<AgentKey, number>
  readonly withdrawn: Map<RecordId, HaggleRecord<'withdrawal'>>
  readonly adverts: Map<AgentKey, HaggleRecord<'advert'>>
  readonly awaited: Map<string, HaggleRecord<'reopening'>>
  readonly over: Map<RecordId, number>
  readonly oldAdverts: Map<RecordId, true>
  readonly soonest: Timestamp | null
}

/** The open market as this agent sees it: soft, bounded, every item expiring. Own tasks do not stand here. */
export class Board {
  readonly #posted: Map<RecordId, Posted>
  readonly #perAuthor: Map<AgentKey, number>
  readonly #withdrawn: Map<RecordId, HaggleRecord<'withdrawal'>>
  readonly #adverts: Map<AgentKey, HaggleRecord<'advert'>>
  /** By author and task: whoever is not the author of the offer must not take the place of who is. */
  readonly #awaited: Map<string, HaggleRecord<'reopening'>>
  /** Tasks that ran out here, and the generation in which they did: a clock that steps back revives neither that nor any before it. */
  readonly #over: Map<RecordId, number>
  readonly #oldAdverts: Map<RecordId, true>
  /** Nothing here runs out before this; null: nothing runs out at all. */
  #soonest: Timestamp | null

  /** An empty board, or the one that a memory is of. */
  constructor(memory?: BoardMemory) {
    this.#posted = memory?.posted ?? new Map()
    this.#perAuthor = memory?.perAuthor ?? new Map()
    this.#withdrawn = memory?.withdrawn ?? new Map()
    this.#adverts = memory?.adverts ?? new Map()
    this.#awaited = memory?.awaited ?? new Map()
    this.#over = memory?.over ?? new Map()
    this.#oldAdverts = memory?.oldAdverts ?? new Map()
    this.#soonest = memory?.soonest ?? null
  }

  memory(): BoardMemory {
    return {
      posted: this.#posted,
      perAuthor: this.#perAuthor,
      withdrawn: this.#withdrawn,
      adverts: this.#adverts,
      awaited: this.#awaited,
      over: this.#over,
      oldAdverts: this.#oldAdverts,
      soonest: this.#soonest,
    }
  }

  get(task: RecordId): Posted | undefined {
    return this.#posted.get(task)
  }

  offers(): Iterable<Posted> {
    return this.#posted.values()
  }

  adverts(): Iterable<HaggleRecord<'advert'>> {
    return this.#adverts.values()
  }

  advertOf(author: AgentKey): HaggleRecord<'advert'> | undefined {
    return this.#adverts.get(author)
  }

  /** Whether one more offer of this author finds a place. */
  hasRoomFor(author: AgentKey): boolean {
    const ofAuthor = this.#perAuthor.get(author) ?? 0
    if (ofAuthor >= bounds.offersPerAuthor) return false
    return this.#posted.size < bounds.offersOnBoard || this.#greediest(ofAuthor) !== undefined
  }

  /** Puts an offer up, or says why not. MKT-03: bounded per author and in all; an expired offer never comes back. */
  post(
    offer: HaggleRecord<'offer'>,
    now: Timestamp,
    reopening: HaggleRecord<'reopening'> | null = null,
  ): RefusalCode | null {
    if (this.#posted.has(offer.id)) return 'offer/held'
    if (this.#withdrawn.has(offer.id)) return 'offer/withdrawn'
    const standing = reopening ?? offer
    if (standing.body.expires <= now || this.#isOver(offer.id, generationOf(reopening))) return 'offer/expired'
    if (!this.hasRoomFor(offer.author)) return 'offer/quota'
    const ofAuthor = this.#perAuthor.get(offer.author) ?? 0
    if (this.#posted.size >= bounds.offersOnBoard) this.#makeRoom(ofAuthor)
    this.#posted.set(offer.id, { offer, reopening: null })
    this.#soonest = sooner(this.#soonest, standing.body.expires)
    this.#perAuthor.set(offer.author, ofAuthor + 1)
    return null
  }

  /**
   * MKT-03: on a full board the author with the most offers gives up its oldest one to one that then has no more than it:
   * a hundred keys that fill the board keep nobody out.
   */
  #makeRoom(ofAuthor: number): void {
    const greediest = this.#greediest(ofAuthor)
    for (const { offer } of this.#posted.values()) {
      if (offer.author !== greediest) continue
      this.takeDown(offer.id)
      return
    }
  }

  /** The author with the most offers, if it has more than one that has one more than `ofAuthor` would. */
  #greediest(ofAuthor: number): AgentKey | undefined {
    let greediest: AgentKey | undefined
    let most = ofAuthor + 1
    for (const [author, count] of this.#perAuthor) {
      if (count > most) [greediest, most] = [author, count]
    }
    return greediest
  }

  /** Puts a task back up under its new generation; false when an equal or newer one stands there, or the offer is not known. */
  repost(reopening: HaggleRecord<'reopening'>): boolean {
    const posted = this.#posted.get(reopening.body.task)
    if (posted === undefined || posted.offer.author !== reopening.author) return false
    if (generationOf(posted.reopening) >= reopening.body.generation) return false
    this.#posted.set(reopening.body.task, { offer: posted.offer, reopening })
    this.#soonest = sooner(this.#soonest, reopening.body.expires)
    return true
  }

  /** Remembers a reopening until its offer comes; false when the offer was asked for already. */
  awaitOffer(reopening: HaggleRecord<'reopening'>): boolean {
    const { task, generation } = reopening.body
    const place = `${reopening.author}/${task}`
    const held = this.#awaited.get(place)
    if (held === undefined || held.body.generation < generation) this.#awaited.set(place, reopening)
    dropOldest(this.#awaited, bounds.heldRecords)
    return held === undefined
  }

  /** The reopening that waited for this offer. MKT-21: only its author's counts, whatever others said of the task. */
  takeAwaited(offer: HaggleRecord<'offer'>): HaggleRecord<'reopening'> | undefined {
    const place = `${offer.author}/${offer.id}`
    const reopening = this.#awaited.get(place)
    this.#awaited.delete(place)
    return reopening
  }

  /** Takes an offer down for good. Only its author's word counts; the caller has checked that. */
  withdraw(withdrawal: HaggleRecord<'withdrawal'>): void {
    this.takeDown(withdrawal.body.task)
    this.#withdrawn.set(withdrawal.body.task, withdrawal)
    dropOldest(this.#withdrawn, bounds.offersOnBoard)
  }

  /** MKT-36: a task was awarded in this generation; one that was called out anew since stays up. */
  awarded(task: RecordId, generation: number): void {
    if (generationOf(this.#posted.get(task)?.reopening ?? null) <= generation) this.takeDown(task)
  }

  takeDown(task: RecordId): void {
    const posted = this.#posted.get(task)
    if (posted === undefined) return
    this.#posted.delete(task)
    const left = (this.#perAuthor.get(posted.offer.author) ?? 1) - 1
    if (left > 0) this.#perAuthor.set(posted.offer.author, left)
    else this.#perAuthor.delete(posted.offer.author)
  }

  get advertCount(): number {
    return this.#adverts.size
  }

  /** Keeps the newest advert of each author; false when it is older than what is held, or out of time. */
  advertise(advert: HaggleRecord<'advert'>, now: Timestamp): boolean {
    if (advert.body.at + advert.body.ttlMs <= now || this.#oldAdverts.has(advert.id)) return false
    const held = this.#adverts.get(advert.author)
    if (held !== undefined && !newer(advert, held)) return false
    this.#adverts.delete(advert.author)
    this.#adverts.set(advert.author, advert)
    this.#soonest = sooner(this.#soonest, advert.body.at + advert.body.ttlMs)
    dropOldest(this.#adverts, bounds.adverts)
    return true
  }

  /** MKT-04: what is past its time leaves; nothing brings it back, whatever the clock does later. */
  expire(now: Timestamp): void {
    if (this.#soonest === null || this.#soonest > now) return
    for (const { offer, reopening } of [...this.#posted.values()]) {
      const standing = reopening ?? offer
      if (standing.body.expires > now) continue
      this.takeDown(offer.id)
      this.#over.delete(offer.id)
      this.#over.set(offer.id, generationOf(reopening))
    }
    for (const advert of [...this.#adverts.values()]) {
      if (advert.body.at + advert.body.ttlMs > now) continue
      this.#adverts.delete(advert.author)
      this.#oldAdverts.set(advert.id, true)
    }
    dropOldest(this.#over, bounds.offersOnBoard)
    dropOldest(this.#oldAdverts, bounds.offersOnBoard)
    this.#soonest = this.#firstExpiry()
  }

  #isOver(task: RecordId, generation: number): boolean {
    return (this.#over.get(task) ?? 0) >= generation
  }

  /** When to look again: the first moment at which something here may run out. */
  nextExpiry(): Timestamp | null {
    return this.#soonest
  }

  #firstExpiry(): Timestamp | null {
    let next: Timestamp | null = null
    for (const { offer, reopening } of this.#posted.values())
      next = sooner(next, reopening?.body.expires ?? offer.body.expires)
    for (const advert of this.#adverts.values()) next = sooner(next, advert.body.at + advert.body.ttlMs)
    return next
  }
}

/** A task without a reopening is in its first generation. */
function generationOf(reopening: HaggleRecord<'reopening'> | null): number {
  return reopening?.body.generation ?? 1
}

/** The earlier of two moments, either of which may be absent. */
export function sooner(a: number | null, b: number | null): number | null {
  if (a === null) return b
  if (b === null) return a
  return Math.min(a, b)
}

function newer(a: HaggleRecord<'advert'>, b: HaggleRecord<'advert'>): boolean {
  return a.body.at !== b.body.at ? a.body.at > b.body.at : a.body.seq > b.body.seq
}

function dropOldest<K, V>(map: Map<K, V>, bound: number): void {
  for (const key of map.keys()) {
    if (map.size <= bound) return
    map.delete(key)
  }
}
