/** A bounded number of places, and a bounded queue before them. */
export class Slots {
  readonly #places: number
  readonly #queueLength: number
  readonly #queue: (() => void)[] = []
  #taken = 0

  constructor(places: number, queueLength: number) {
    this.#places = places
    this.#queueLength = queueLength
  }

  /** Waits for a place; undefined when the queue is full. The function returned gives it back, once. Rejects when the signal aborts. */
  async take(signal: AbortSignal): Promise<(() => void) | undefined> {
    signal.throwIfAborted()
    if (this.#taken < this.#places) this.#taken += 1
    else if (this.#queue.length >= this.#queueLength) return undefined
    else await this.#wait(signal)
    let held = true
    return () => {
      if (held) this.#free()
      held = false
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const granted = (): void => {
        signal.removeEventListener('abort', aborted)
        resolve()
      }
      const aborted = (): void => {
        this.#queue.splice(this.#queue.indexOf(granted), 1)
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      }
      signal.addEventListener('abort', aborted, { once: true })
      this.#queue.push(granted)
    })
  }

  // The place passes straight to the next in the queue, so nobody can slip in between.
  #free(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#taken -= 1
    else next()
  }
}
