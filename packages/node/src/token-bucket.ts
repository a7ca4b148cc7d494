import type { Instant } from '@haggle/protocol'

export interface BucketSize {
  /** Tokens a full bucket holds. */
  readonly burst: number
  /** Tokens that come back per second. */
  readonly perSecond: number
}

/** Allows a rate with bursts. Only the monotonic clock counts. */
export class TokenBucket {
  readonly #size: BucketSize
  #tokens: number
  #at: Instant

  constructor(size: BucketSize, now: Instant) {
    this.#size = size
    this.#tokens = size.burst
    this.#at = now
  }

  /**
   * Takes so many tokens (never more than a full bucket), or says how many milliseconds it takes until the next one is there.
   * NET-69: who wants many does not wait for all of them, behind everybody who wants one: what is missing is owed by those who come next.
   */
  take(now: Instant, tokens = 1): number {
    this.#refill(now)
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) * 1_000) / this.#size.perSecond)
    this.#tokens -= Math.min(tokens, this.#size.burst)
    return 0
  }

  /** True when nothing can be taken now. */
  isEmpty(now: Instant): boolean {
    this.#refill(now)
    return this.#tokens < 1
  }

  /** Gives back: what it was spent on was of use, or cost less. */
  giveBack(tokens = 1): void {
    this.#tokens = Math.min(this.#size.burst, this.#tokens + tokens)
  }

  #refill(now: Instant): void {
    const elapsedMs = Math.max(0, now - this.#at)
    this.#at = now
    this.#tokens = Math.min(this.#size.burst, this.#tokens + (elapsedMs * this.#size.perSecond) / 1_000)
  }
}
