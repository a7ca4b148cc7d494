/** NET-33: a transfer gets so long before its pace counts: a link that was cut for a while is no slow reader. */
const GRACE_MS = 30_000
/** NET-33: bytes a second over the whole transfer; the largest payload then holds a place for little more than an hour. */
const LEAST_RATE = 65_536

/** How fast one transfer goes. Each byte in time is not enough: a reader that takes few at a time would keep its place for ever. */
export class Pace {
  readonly #since: number
  #moved = 0

  constructor(now: number) {
    this.#since = now
  }

  /** So many bytes more; false when it is too slow to go on. */
  moved(bytes: number, now: number): boolean {
    this.#moved += bytes
    const counted = now - this.#since - GRACE_MS
    return counted <= 0 || this.#moved * 1_000 >= counted * LEAST_RATE
  }
}
