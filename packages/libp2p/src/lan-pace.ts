import { jitter, timings } from './timings.ts'

/** NET-50: with fewer peers than this a node keeps asking often. */
const FEW = 3

/** A packet of multicast DNS, as far as it matters here. */
export interface Packet {
  readonly type: string
  readonly questions?: readonly { readonly name?: unknown }[]
}

/** NET-50: one answer in a while is enough: everybody hears it, and who began to listen right after it asks again in a second. */
export class Answers {
  readonly #tag: string
  #isAsked = false
  #answeredAt = Number.NEGATIVE_INFINITY

  constructor(tag: string) {
    this.#tag = tag
  }

  /** Called with each packet, before the service sees it: a LAN is full of queries for other things. */
  heard({ type, questions }: Packet): void {
    this.#isAsked = type === 'query' && questions?.[0]?.name === this.#tag
  }

  isDue(now: number): boolean {
    if (!this.#isAsked || now - this.#answeredAt < timings.answerMs) return false
    this.#answeredAt = now
    return true
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

  constructor(ask: () => void, peerCount: () => number, now: () => number) {
    this.#ask = ask
    this.#now = now
    this.#peerCount = peerCount
  }

  /** The service has asked when it started. */
  start(): void {
    this.#pauseMs = timings.firstQueryMs
    this.#askedAt = this.#now()
    this.#sleep()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  // Looks often, for a node that has lost its peers must not wait for as long as it may have meant to.
  #sleep(): void {
    this.#timer = setTimeout(
      () => {
        const pauseMs = this.#peerCount() < FEW ? Math.min(this.#pauseMs, timings.lonelyQueryMs) : this.#pauseMs
        if (this.#now() - this.#askedAt >= pauseMs * 0.75) {
          this.#ask()
          this.#askedAt = this.#now()
          this.#pauseMs = Math.min(pauseMs * 2, timings.quietQueryMs)
        }
        this.#sleep()
      },
      Math.min(this.#pauseMs, timings.lonelyQueryMs) * jitter(0.75, 1.25),
    )
  }
}
