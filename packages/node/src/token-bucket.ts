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

  /** Takes one token, or says how many milliseconds it takes until there is one. */
  take(now: Instant): number {
    this.#refill(now)
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return 0
    }
    return Math.ceil(((1 - this.#tokens) * 1_000) / this.#size.perSecond)
  }

  /** Gives one back: what it was spent on was of use. */
  giveBack(): void {
    this.#tokens = Math.min(this.#size.burst, this.#tokens + 1)
  }

  #refill(now: Instant): void {
    const elapsedMs = Math.max(0, now - this.#at)
    this.#at = now
    this.#tokens = Math.min(this.#size.burst, this.#tokens + (elapsedMs * this.#size.perSecond) / 1_000)
  }
}
