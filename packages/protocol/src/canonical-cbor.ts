import { decode, Tokenizer, type Token } from 'cborg'
import { encodeCanonical } from './cbor-writer.ts'
import { limits } from './limits.ts'
import type { Cbor } from './schema.ts'

const MAJOR_BYTES = 2
const MAJOR_TEXT = 3
const MAJOR_ARRAY = 4
const MAJOR_MAP = 5
const MAJOR_TAG = 6
const MAJOR_SIMPLE = 7
const INDEFINITE = 31
/** Additional values that say how many bytes the argument has: 1, 2, 4 or 8. */
const ONE_BYTE = 24
const EIGHT_BYTES = 27
const BREAK = 0xff
const SIMPLE_VALUES: ReadonlySet<number> = new Set([0xf4, 0xf5, 0xf6]) // false, true, null

/**
 * Why bytes are not the canonical CBOR of this protocol's data model. Thrown, but no `Error`: it is caught before it leaves the
 * package, and a flood of malformed records would spend a quarter of its time on stacks that nobody reads.
 */
export class CborError {
  readonly defect: 'malformed' | 'non-canonical'
  readonly message: string
  constructor(defect: 'malformed' | 'non-canonical', problem: string) {
    this.defect = defect
    this.message = problem
  }
}

/** The value of canonical bytes (ENC-04 to ENC-08); throws `CborError` on anything else, also on trailing bytes. */
export function decodeCanonicalCbor(bytes: Uint8Array): Cbor {
  // A plain view: slices of Node's Buffer would alias the caller's memory.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  let value: Cbor
  try {
    // The tokenizer lets nothing pass that is not one of the types of Cbor.
    value = decode(plain, { tokenizer: new StrictTokenizer(plain) }) as Cbor
  } catch (error) {
    if (error instanceof CborError) throw error
    throw new CborError('malformed', error instanceof Error ? error.message : 'not CBOR')
  }
  // ENC-05: whatever reads as a value but is not its one encoding (a longer head, broken UTF-8) is refused.
  if (!equalBytes(encodeCanonical(value), bytes)) throw new CborError('non-canonical', 'not the shortest encoding')
  return value
}

/** The value of bytes that are known to be canonical: what `decodeCanonicalCbor` refuses is not looked for. */
export function decodeKnownCbor(bytes: Uint8Array): Cbor {
  // Who vouches for the bytes vouches for the types in them.
  return decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)) as Cbor
}

/** Whether two byte strings are equal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index += 1) {
    if (a[index] !== b[index]) return false
  }
  return true
}

/**
 * Refuses, by its first byte, every item outside the data model, and nesting before it is followed.
 * The library's own options would refuse most of them too, but tell them from truncation only by the text of an error.
 */
class StrictTokenizer extends Tokenizer {
  /** Items that are still to come in each open array; its length is the depth. */
  readonly #open: number[] = []

  constructor(bytes: Uint8Array) {
    // Large integers are let through here so that `next` can name the defect.
    super(bytes, { allowBigInt: true })
  }

  override next(): Token {
    const head = this.data[this.pos()] ?? BREAK
    refuseHead(head)
    this.#refuseShort(head)
    const token = super.next()
    // The library leaves the value untyped; every use below checks it.
    const value: unknown = token.value
    // ENC-08: integers stay within 2^53 - 1 on both sides of zero.
    if (typeof value === 'bigint') throw new CborError('non-canonical', 'an integer beyond 2^53 - 1')
    // ENC-06: one text has one encoding.
    if (typeof value === 'string' && value.normalize('NFC') !== value) {
      throw new CborError('non-canonical', 'a text that is not in Unicode normal form C')
    }
    this.#nest(head >>> 5 === MAJOR_ARRAY && typeof value === 'number' ? value : null)
    return token
  }

  /** What ends before it should is found here first: the library's own errors cost more than all else that malformed bytes do. */
  #refuseShort(head: number): void {
    const info = head & 31
    const argument = info < ONE_BYTE ? 0 : 1 << (info - ONE_BYTE)
    if (info > EIGHT_BYTES) {
      // A break, or an additional value that nothing has.
      throw new CborError('malformed', 'a head that begins nothing')
    }
    const start = this.pos() + 1
    const length = isString(head) ? this.#argument(head, start, argument) : 0
    if (start + argument + length > this.data.length) throw new CborError('malformed', 'the bytes end within an item')
  }

  #argument(head: number, start: number, bytes: number): number {
    let value = bytes === 0 ? head & 31 : 0
    for (let at = start; at < start + bytes; at += 1) value = value * 256 + (this.data[at] ?? 0)
    return value
  }

  #nest(items: number | null): void {
    const last = this.#open.length - 1
    const left = this.#open[last]
    if (left !== undefined) this.#open[last] = left - 1
    if (items !== null) {
      this.#open.push(items)
      // ENC-07: refused before the items are read, so that a nest of arrays cannot exhaust the stack.
      if (this.#open.length > limits.depth) throw new CborError('non-canonical', `nested deeper than ${limits.depth}`)
    }
    while (this.#open.at(-1) === 0) this.#open.pop()
  }
}

function isString(head: number): boolean {
  const major = head >>> 5
  return major === MAJOR_BYTES || major === MAJOR_TEXT
}

/** ENC-08: the data model is integers, texts, bytes, lists, booleans and null. */
function refuseHead(head: number): void {
  const major = head >>> 5
  if (major === MAJOR_MAP) throw new CborError('non-canonical', 'a map')
  if (major === MAJOR_TAG) throw new CborError('non-canonical', 'a tag')
  if (major === MAJOR_SIMPLE && head !== BREAK && !SIMPLE_VALUES.has(head)) {
    throw new CborError('non-canonical', 'a float, undefined or another simple value')
  }
  if (major >= MAJOR_BYTES && major <= MAJOR_ARRAY && (head & 31) === INDEFINITE) {
    throw new CborError('non-canonical', 'an indefinite length')
  }
}
