import type { Seed } from './seed.ts'

/** One stream of chance (xoshiro128**): equal names give equal numbers, on every machine. */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(state: readonly [number, number, number, number]) {
    ;[this.#a, this.#b, this.#c, this.#d] = state
  }

  /** 32 bits. */
  u32(): number {
    const scrambled = Math.imul(this.#b, 5)
    const out = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0
    const moved = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= moved
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return out
  }

  /** A whole number from 0 up to and without `bound`. */
  below(bound: number): number {
    return Math.floor((this.u32() / 4_294_967_296) * bound)
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1)
  }

  /** True in so many of a thousand cases. */
  permille(chance: number): boolean {
    return chance > 0 && this.below(1_000) < chance
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let at = 0; at < length; at += 4) {
      const word = this.u32()
      for (let byte = 0; byte < 4 && at + byte < length; byte += 1) out[at + byte] = word >>> (8 * byte)
    }
    return out
  }

  /** All items in an order of its own. */
  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items]
    const out: T[] = []
    while (left.length > 0) out.push(...left.splice(this.below(left.length), 1))
    return out
  }
}

/** The stream of a seed that has these names: what one part of the world draws changes nothing for the others. */
export function stream(seed: Seed, ...names: readonly (string | number)[]): Random {
  return new Random(stateOf(`${seed}/${names.join('/')}`))
}

/** Four words from a text (the mixing of cyrb128); every word depends on every letter. */
function stateOf(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1_779_033_703, 3_144_134_277, 1_013_904_242, 2_773_480_762]
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charCodeAt(at)
    a = b ^ Math.imul(a ^ letter, 597_399_067)
    b = c ^ Math.imul(b ^ letter, 2_869_860_233)
    c = d ^ Math.imul(c ^ letter, 951_274_213)
    d = a ^ Math.imul(d ^ letter, 2_716_044_179)
  }
  a = Math.imul(c ^ (a >>> 18), 597_399_067)
  b = Math.imul(d ^ (b >>> 22), 2_869_860_233)
  c = Math.imul(a ^ (c >>> 17), 951_274_213)
  d = Math.imul(b ^ (d >>> 19), 2_716_044_179)
  a ^= b ^ c ^ d
  // A state of four zeros would stay so for ever.
  return [a | 1, b ^ a, c ^ a, d ^ a]
}
