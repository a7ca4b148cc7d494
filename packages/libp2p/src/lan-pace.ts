import type { Packet } from './announcers.ts'
import { jitter, timings } from './timings.ts'

/** NET-50: with fewer peers than this a node keeps asking often. */
const FEW = 3

/** NET-52: where more than these are heard on the LAN a node lets others answer first, and keeps quiet once so many have. */
const CROWD = 12

/** Whether a packet asks who is there of this service. */
export function asksFor(tag: string, { type, questions }: Packet): boolean {
  return type === 'query' && questions?.[0]?.name === tag
}

export interface AnswersInit {
  /** Name of the service that is asked for. */
  readonly tag: string
  /** Others that were heard on the LAN of late. */
  othersHeard(): number
  now(): number
  /** Has the service look once more at a query that it was not let answer. */
  again(query: Packet): void
}

/** NET-50: one answer in a while is enough: everybody hears it, and who began to listen right after it asks again in a second. */
export class Answers {
  readonly #init: AnswersInit
  #isAsked = false
  #answeredAt = Number.NEGATIVE_INFINITY
  #others = 0
  #waiting: NodeJS.Timeout | undefined
  #isReleased = false

  constructor(init: AnswersInit) {
    this.#init = init
  }

  /** Called with each packet, before the service sees it: a LAN is full of queries for other things. */
  heard(packet: Packet): void {
    const { tag } = this.#init
    this.#isAsked = asksFor(tag, packet)
    if (packet.type === 'response' && packet.answers?.[0]?.name === tag) this.#others += 1
    if (this.#isAsked && this.#init.othersHeard() > CROWD) this.#wait(packet)
  }

  /** Whether the service may answer the query that it looks at. */
  isDue(): boolean {
    const now = this.#init.now()
    const released = this.#isReleased
    this.#isReleased = false
    if (!released && (!this.#isAsked || this.#waiting !== undefined)) return false
    if (now - this.#answeredAt < timings.answerMs) return false
    this.#answeredAt = now
    return true
  }

  stop(): void {
    clearTimeout(this.#waiting)
  }

  // NET-52: everybody hears every answer, so a crowd that answers one newcomer costs each of its members as much as the newcomer.
  #wait(query: Packet): void {
    if (this.#waiting !== undefined) return
    this.#others = 0
    this.#waiting = setTimeout(
      () => {
        this.#waiting = undefined
        if (this.#others >= CROWD && this.#init.now() - this.#answeredAt < timings.quietAnswerMs) return
        this.#isReleased = true
        this.#init.again(query)
      },
      jitter(0, timings.crowdAnswerMs),
    )
  }
}

/** NET-50: when to ask again who is there. */
export class Queries {
  readonly #ask: () => void
  readonly #peerCount: () => number
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined
  #pauseMs = 0
  #askedAt = 0
  /** Our last query is still to be heard by ourselves, as by everybody. */
  #isOut = false

  constructor(ask: () => void, peerCount: () => number, now: () => number) {
    this.#ask = ask
    this.#now = now
    this.#peerCount = peerCount
  }

  /** The service has asked when it started. */
  start(): void {
    this.#pauseMs = timings.firstQueryMs
    this.#askedAt = this.#now()
    this.#isOut = true
    this.#sleep()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** NET-77: somebody asked what we would ask, and everybody answers us as well: it counts as ours, for a node that has peers. */
  heard(): void {
    const isOurs = this.#isOut
    this.#isOut = false
    if (!isOurs && !this.#isLonely()) this.#asked(this.#pauseMs)
  }

  #isLonely(): boolean {
    return this.#peerCount() < FEW
  }

  // Looks often, for a node that has lost its peers must not wait for as long as it may have meant to.
  #sleep(): void {
    this.#timer = setTimeout(
      () => {
        const pauseMs = this.#isLonely() ? Math.min(this.#pauseMs, timings.lonelyQueryMs) : this.#pauseMs
        if (this.#now() - this.#askedAt >= pauseMs * 0.75) {
          this.#isOut = true
          this.#ask()
          this.#asked(pauseMs)
        }
        this.#sleep()
      },
      Math.min(this.#pauseMs, timings.lonelyQueryMs) * jitter(0.75, 1.25),
    )
  }

  #asked(pauseMs: number): void {
    this.#askedAt = this.#now()
    this.#pauseMs = Math.min(pauseMs * 2, timings.quietQueryMs)
  }
}
