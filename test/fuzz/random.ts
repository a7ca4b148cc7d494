import { createHash } from 'node:crypto'

/** Numbers that follow from a seed, the name of a stream and a place in it, and from nothing else. */
export class Random {
  #state: number

  constructor(seed: number, stream: string, index = 0) {
    // Mixed, so that neighbouring seeds and places have nothing in common.
    this.#state = (mixed(seedOf(stream) ^ mixed(seed)) + mixed(index + 0x9e37_79b9)) >>> 0
  }

  /** Mulberry32: 32 bits of state are enough for one input, which is a place of its own. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0
    let z = this.#state
    z = Math.imul(z ^ (z >>> 15), z | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return (z ^ (z >>> 14)) >>> 0
  }

  /** A whole number from 0 to `bound` - 1; 0 when there is none. */
  below(bound: number): number {
    return bound <= 1 ? 0 : this.next() % bound
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)]
    if (item === undefined) throw new RangeError('there is nothing to pick from')
    return item
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next() & 0xff)
  }
}

const seeds = new Map<string, number>()

function seedOf(stream: string): number {
  const known = seeds.get(stream)
  if (known !== undefined) return known
  const seed = createHash('sha256').update(stream).digest().readUInt32BE(0)
  seeds.set(stream, seed)
  return seed
}

function mixed(value: number): number {
  let z = value >>> 0
  z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b)
  z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35)
  return (z ^ (z >>> 16)) >>> 0
}
