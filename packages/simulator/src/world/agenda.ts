/** Something that will happen: at a time of the world, in microseconds. */
export interface Due {
  readonly at: number
  readonly order: number
  /** Null once it was called off. */
  run: (() => void) | null
}

/** What will happen, in order of time; of one moment, in the order in which it was put there. A binary heap. */
export class Agenda {
  readonly #heap: Due[] = []
  #order = 0
  #live = 0

  /** How much is still to happen. */
  get size(): number {
    return this.#live
  }

  put(at: number, run: () => void): Due {
    const due: Due = { at, order: this.#order, run }
    this.#order += 1
    this.#live += 1
    this.#heap.push(due)
    this.#rise(this.#heap.length - 1)
    return due
  }

  callOff(due: Due): void {
    if (due.run === null) return
    due.run = null
    this.#live -= 1
  }

  /** When the next thing happens; undefined: nothing will. */
  nextAt(): number | undefined {
    while (this.#heap[0]?.run === null) this.#pop()
    return this.#heap[0]?.at
  }

  /** Takes out what happens next. */
  take(): (() => void) | undefined {
    const run = this.nextAt() === undefined ? undefined : this.#pop()?.run
    if (run === undefined || run === null) return undefined
    this.#live -= 1
    return run
  }

  #pop(): Due | undefined {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last
      this.#sink()
    }
    return first
  }

  #rise(from: number): void {
    const heap = this.#heap
    const due = heap[from]
    if (due === undefined) return
    let at = from
    while (at > 0) {
      const up = (at - 1) >> 1
      const above = heap[up]
      if (above === undefined || before(above, due)) break
      heap[at] = above
      at = up
    }
    heap[at] = due
  }

  #sink(): void {
    const heap = this.#heap
    const due = heap[0]
    if (due === undefined) return
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      let below = heap[down]
      if (below === undefined) break
      const right = heap[down + 1]
      if (right !== undefined && before(right, below)) {
        down += 1
        below = right
      }
      if (before(due, below)) break
      heap[at] = below
      at = down
    }
    heap[at] = due
  }
}

function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
