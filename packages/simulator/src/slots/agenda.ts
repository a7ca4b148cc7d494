interface Due {
  readonly at: number
  readonly order: number
  readonly act: () => void
}

/** What happens in one trial, by time and then by the order in which it was planned. */
export class SlotAgenda {
  now = 0
  readonly #heap: Due[] = []
  #order = 0

  at(time: number, act: () => void): void {
    this.#order += 1
    const due = { at: Math.max(time, this.now), order: this.#order, act }
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = heap[up]
      if (parent === undefined || !before(due, parent)) break
      heap[at] = parent
      at = up
    }
    heap[at] = due
  }

  /** Everything, until nothing is left. */
  run(): void {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      this.now = next.at
      next.act()
    }
  }

  #take(): Due | undefined {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      const isRight = left !== undefined && right !== undefined && before(right, left)
      const least = isRight ? right : left
      if (least === undefined || !before(least, last)) break
      heap[at] = least
      at = 2 * at + (isRight ? 2 : 1)
    }
    heap[at] = last
    return first
  }
}

function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
