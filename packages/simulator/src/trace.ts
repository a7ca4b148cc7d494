import { toHex } from '@haggle/protocol'

/** What happened, as one number of 128 bits: two runs are the same if it is. */
export class Trace {
  readonly #words = new Uint32Array([0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef])
  #notes = 0

  /** Takes in one happening: what it was, whose, when, and what of it. */
  note(kind: number, agent: number, at: number, content: number): void {
    const [a = 0, b = 0, c = 0, d = 0] = this.#words
    this.#notes += 1
    // Times are whole microseconds and may be more than 32 bits.
    const low = at >>> 0
    const high = Math.floor(at / 4_294_967_296)
    const first = Math.imul(a ^ content ^ kind, 0x85ebca6b)
    const second = Math.imul(b ^ low ^ (agent << 8), 0xc2b2ae35)
    this.#words[0] = ((first << 13) | (first >>> 19)) + d
    this.#words[1] = ((second << 17) | (second >>> 15)) + first
    this.#words[2] = Math.imul(c ^ second ^ high, 0x27d4eb2f)
    this.#words[3] = d ^ (this.#words[2] >>> 15) ^ first
  }

  /** How much was taken in. */
  get notes(): number {
    return this.#notes
  }

  /** The hash so far, hexadecimal. */
  hash(): string {
    return toHex(new Uint8Array(Uint32Array.from(this.#words, spread).buffer))
  }
}

function spread(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x7feb352d)
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b)
  return twice ^ (twice >>> 16)
}

/** 32 bits that depend on every byte: good enough to tell bytes apart where nobody tries to make two alike. */
export function hashOf(bytes: Uint8Array, seed = 0x811c9dc5): number {
  const whole = bytes.length & ~3
  let hash = seed ^ bytes.length
  for (let at = 0; at < whole; at += 4) {
    const word =
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    hash = Math.imul(hash ^ word, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  for (let at = whole; at < bytes.length; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
