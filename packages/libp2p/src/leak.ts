/** Counters that forget: what is added to one seeps away at a rate. At most `most` of them are kept, the longest unused ones go. */
export class Leaks<K> {
  readonly #perSecond: number
  readonly #highest: number
  readonly #most: number
  readonly #levels = new Map<K, { level: number; at: number }>()

  constructor(init: { readonly perSecond: number; readonly highest: number; readonly most: number }) {
    this.#perSecond = init.perSecond
    this.#highest = init.highest
    this.#most = init.most
  }

  /** Adds, and says how much is in it now. */
  add(key: K, amount: number, now: number): number {
    const level = Math.min(this.#highest, this.level(key, now) + amount)
    this.#levels.delete(key)
    this.#levels.set(key, { level, at: now })
    if (this.#levels.size > this.#most) {
      const [oldest] = this.#levels.keys()
      if (oldest !== undefined) this.#levels.delete(oldest)
    }
    return level
  }

  level(key: K, now: number): number {
    const held = this.#levels.get(key)
    return held === undefined ? 0 : Math.max(0, held.level - ((now - held.at) * this.#perSecond) / 1_000)
  }
}
