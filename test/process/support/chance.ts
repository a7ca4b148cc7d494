/** Picks random points in time, the same ones for the same seed. */
export class Chance {
  readonly seed: number
  #state: number

  constructor(seed: number) {
    this.seed = seed
    this.#state = seed
  }

  /** Of a seed that is new, or of the one in HAGGLE_SEED. */
  static open(): Chance {
    const given = process.env['HAGGLE_SEED']
    const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given)
    if (!Number.isInteger(seed)) throw new Error(`HAGGLE_SEED is "${given ?? ''}" and no whole number`)
    return new Chance(seed >>> 0)
  }

  /** One of as many chances as are asked for, each its own whatever the others were asked. */
  of(name: string | number): Chance {
    let hash = this.seed
    for (const char of String(name)) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01_00_01_93)
    return new Chance(hash >>> 0)
  }

  /** From 0 up to, and not including, 1: the mulberry32 generator. */
  fraction(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number of milliseconds between the two, both included. */
  span(leastMs: number, mostMs: number): number {
    return leastMs + Math.floor(this.fraction() * (mostMs - leastMs + 1))
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[Math.floor(this.fraction() * from.length)] ?? from[0]
  }
}
