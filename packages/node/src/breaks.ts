import type { DurationMs, Instant } from '@haggle/protocol'

/** Work in one go: all else waits for no more than this. */
const GO_MS: DurationMs = 2
/** A break is so many times as long as the work before it. */
const BREAK = 2
/** What one piece of work counts at most: what took longer waited for a disk or for the machine. */
const MOST_MS: DurationMs = 4

/** NET-67: lets work that never ends take a third of the time: whoever does a piece of it says so, and hears how long to rest. */
export class Breaks {
  #workedMs = 0
  #at: Instant

  constructor(now: Instant) {
    this.#at = now
  }

  /** A piece of work was done between these moments; returns until when none is to follow. Work that came in small parts needs no break. */
  after(from: Instant, now: Instant): Instant {
    const idleMs = Math.max(0, from - this.#at)
    this.#workedMs = Math.max(0, this.#workedMs - idleMs / BREAK) + Math.min(MOST_MS, now - from)
    this.#at = now
    if (this.#workedMs < GO_MS) return now
    // The break itself is the idle time that pays for it.
    return now + Math.ceil(this.#workedMs * BREAK)
  }
}
