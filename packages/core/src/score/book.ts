import { bounds, type AgentKey } from '@haggle/protocol'
import { quality, type BookedOutcome } from './quality.ts'

/** Outcomes kept per peer: beyond that a further one changes its quality by less than one percent. */
const OUTCOMES_PER_PEER = 128

interface Page {
  readonly outcomes: BookedOutcome[]
  /** Qualities found out since the newest outcome, by skill (null: all), at one epoch. */
  known: { readonly epoch: number; readonly bySkill: Map<string | null, number> } | null
  settled: number
  newest: number
}

/** A page of the book as a snapshot keeps it. */
export interface BookPage {
  readonly peer: AgentKey
  readonly settled: number
  readonly newest: number
  readonly outcomes: readonly BookedOutcome[]
}

/** What a book holds; what can be found out again is left out. */
export interface BookMemory {
  readonly pages: ReadonlyMap<AgentKey, Omit<Page, 'known'>>
  readonly newest: number
}

/** What we remember of one peer, over all skills. */
export interface PeerRecord {
  readonly settled: number
  readonly faults: number
  readonly outcomes: readonly BookedOutcome[]
}

/**
 * SCORE-03: how contracts with us ended, by peer: our own experience and nobody's word. It moves our own choices only. A fold over
 * the log, so equal logs give equal books.
 */
export class Book {
  readonly #pages = new Map<AgentKey, Page>()
  #newest = 0

  /** An empty book, or the one that a memory is of. */
  constructor(memory?: BookMemory) {
    for (const [peer, page] of memory?.pages ?? []) this.#pages.set(peer, { ...page, known: null })
    this.#newest = memory?.newest ?? 0
  }

  memory(): BookMemory {
    const pages = new Map<AgentKey, Omit<Page, 'known'>>()
    for (const [peer, { known: _, ...page }] of this.#pages) pages.set(peer, page)
    return { pages, newest: this.#newest }
  }

  /** Books one end. Refuses nothing; a full book forgets first what tells least. */
  recordOutcome(
    peer: AgentKey,
    skill: string,
    epoch: number,
    { success, faultPermille }: { readonly success: boolean; readonly faultPermille: number },
  ): void {
    const page = this.#pages.get(peer) ?? { outcomes: [], known: null, settled: 0, newest: epoch }
    page.outcomes.push({ skill, epoch, success, faultPermille })
    page.known = null
    if (page.outcomes.length > OUTCOMES_PER_PEER) forgetOne(page.outcomes)
    if (success) page.settled += 1
    page.newest = Math.max(page.newest, epoch)
    this.#newest = Math.max(this.#newest, epoch)
    this.#pages.set(peer, page)
    if (this.#pages.size > bounds.peersInBook) this.#forgetPeer(peer)
  }

  /** The whole book, in its own order. */
  pages(): BookPage[] {
    return [...this.#pages].map(([peer, { settled, newest, outcomes }]) => ({
      ...{ peer, settled, newest, outcomes: [...outcomes] },
    }))
  }

  /** Puts back one page of such a book. */
  putBack({ peer, settled, newest, outcomes }: BookPage): void {
    this.#pages.set(peer, { outcomes: [...outcomes], known: null, settled, newest })
    this.#newest = Math.max(this.#newest, newest)
  }

  /** Quality in permille at an epoch, for one skill or over all; a stranger has the prior. */
  qualityOf(peer: AgentKey, skill: string | null, epoch: number): number {
    const page = this.#pages.get(peer)
    if (page === undefined) return quality([], epoch)
    if (page.known?.epoch !== epoch) page.known = { epoch, bySkill: new Map() }
    const known = page.known.bySkill.get(skill)
    if (known !== undefined) return known
    const { outcomes } = page
    const found = quality(skill === null ? outcomes : outcomes.filter((each) => each.skill === skill), epoch)
    if (page.known.bySkill.size < OUTCOMES_PER_PEER) page.known.bySkill.set(skill, found)
    return found
  }

  /** How many contracts this peer has settled with us. */
  settledWith(peer: AgentKey): number {
    return this.#pages.get(peer)?.settled ?? 0
  }

  /** Everything that a peer's quality is made of. */
  recordOf(peer: AgentKey): PeerRecord {
    const page = this.#pages.get(peer)
    const outcomes = page === undefined ? [] : [...page.outcomes]
    return {
      settled: page?.settled ?? 0,
      faults: outcomes.filter((each) => each.faultPermille > 0).length,
      outcomes,
    }
  }

  /** A peer's record in three numbers; the quality is that of the newest epoch in the book. */
  standingOf(peer: AgentKey): { readonly settled: number; readonly faults: number; readonly quality: number } {
    const { settled, faults } = this.recordOf(peer)
    return { settled, faults, quality: this.qualityOf(peer, null, this.#newest) }
  }

  /** Every peer with a record, by raw key. */
  peers(): AgentKey[] {
    return [...this.#pages.keys()].toSorted()
  }

  /** SCORE-04: peers without a fault go first, the longest silent one of them; faults are kept while anything else can go. */
  #forgetPeer(except: AgentKey): void {
    let worst: { readonly peer: AgentKey; readonly faulty: boolean; readonly newest: number } | null = null
    for (const [peer, page] of this.#pages) {
      if (peer === except) continue
      const faulty = page.outcomes.some((each) => each.faultPermille > 0)
      const sooner = worst === null || (faulty === worst.faulty ? page.newest < worst.newest : !faulty)
      if (sooner) worst = { peer, faulty, newest: page.newest }
    }
    if (worst !== null) this.#pages.delete(worst.peer)
  }
}

/** SCORE-04: the oldest success goes first; a fault only when there is no success left. */
function forgetOne(outcomes: BookedOutcome[]): void {
  const success = outcomes.findIndex((each) => each.faultPermille === 0)
  outcomes.splice(Math.max(success, 0), 1)
}
