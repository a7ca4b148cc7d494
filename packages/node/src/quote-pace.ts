import { bounds, type AgentKey } from '@haggle/protocol'
import type { Clock } from '@haggle/ports'
import { TokenBucket, type BucketSize } from './token-bucket.ts'

/** NET-64: a bid is a signature, a write and a message to everybody: a hundred a second is what a worker with a few slots can use. */
const PACE: BucketSize = { burst: 64, perSecond: 100 }
/** Those that wait go together: their bids share one sync. */
const TOGETHER_MS = 250

export interface QuotePaceInit<Request> {
  readonly clock: Clock
  /** Somebody with whom this agent has had a contract. */
  readonly isPartner: (requester: AgentKey) => boolean
  readonly answer: (request: Request) => void
}

/**
 * NET-64: offers of strangers are answered at a pace, those first whose requester had the fewest answers: a market full of them takes
 * neither our time from contracts nor the place of one that asks for the first time.
 */
export class QuotePace<Request extends { readonly requester: AgentKey }> {
  readonly #init: QuotePaceInit<Request>
  readonly #bucket: TokenBucket
  readonly #waiting = new Map<AgentKey, Request[]>()
  readonly #answered = new Map<AgentKey, number>()
  #size = 0
  #cancel: (() => void) | undefined

  constructor(init: QuotePaceInit<Request>) {
    this.#init = init
    this.#bucket = new TokenBucket(PACE, init.clock.mono())
  }

  take(request: Request): void {
    const { clock, isPartner, answer } = this.#init
    if (isPartner(request.requester)) answer(request)
    else if (this.#size === 0 && this.#bucket.take(clock.mono()) === 0) this.#answer(request)
    else if (this.#size < bounds.offersOnBoard) this.#wait(request)
  }

  /** What waits is not answered any more: silence is a no. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#waiting.clear()
    this.#size = 0
  }

  #wait(request: Request): void {
    const queue = this.#waiting.get(request.requester) ?? []
    this.#waiting.set(request.requester, queue)
    queue.push(request)
    this.#size += 1
    const { clock } = this.#init
    this.#cancel ??= clock.alarm(clock.mono() + TOGETHER_MS, () => this.#go())
  }

  #go(): void {
    const { clock } = this.#init
    this.#cancel = undefined
    while (this.#size > 0 && this.#bucket.take(clock.mono()) === 0) {
      const request = this.#next()
      if (request !== undefined) this.#answer(request)
    }
    if (this.#size > 0) this.#cancel = clock.alarm(clock.mono() + TOGETHER_MS, () => this.#go())
  }

  #next(): Request | undefined {
    let fewest: AgentKey | undefined
    let count = Number.POSITIVE_INFINITY
    for (const requester of this.#waiting.keys()) {
      const answered = this.#answered.get(requester) ?? 0
      if (answered < count) [fewest, count] = [requester, answered]
      if (count === 0) break
    }
    const queue = fewest === undefined ? undefined : this.#waiting.get(fewest)
    if (fewest === undefined || queue === undefined) return undefined
    const request = queue.shift()
    if (queue.length === 0) this.#waiting.delete(fewest)
    this.#size -= 1
    return request
  }

  #answer(request: Request): void {
    const { requester } = request
    this.#answered.set(requester, (this.#answered.get(requester) ?? 0) + 1)
    if (this.#answered.size > bounds.offersOnBoard) this.#answered.clear()
    this.#init.answer(request)
  }
}
