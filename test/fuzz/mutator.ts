import { itemsOf, type CborItem } from './cbor-items.ts'
import { cborDictionary, numbers, textDictionary } from './dictionary.ts'
import type { Random } from './random.ts'

/** What the mutator knows of the bytes of a target. */
export type Form = 'cbor' | 'text' | 'binary'

export interface Material {
  readonly form: Form
  /** Bytes in good order, to begin with. */
  readonly corpus: readonly Uint8Array[]
  /** Pieces of the target's own language; those of its form are always known. */
  readonly dictionary?: readonly Uint8Array[]
}

/** No input grows beyond this by mutation alone: what is longer is refused by its length, which one vector shows. */
const MOST_BYTES = 300_000

type Change = (bytes: Uint8Array, random: Random, material: Material) => Uint8Array

/** Any bytes: what a broken link or a careless program makes of them. */
const plain: readonly Change[] = [flipped, overwritten, cut, removed, inserted, repeated, spliced, numbered]
/** Bytes whose structure is known are changed along it, mostly. */
const along: { readonly [form in Form]: readonly Change[] } = {
  cbor: [...plain, lied, lied, replacedItem, replacedItem, swappedItems],
  text: [...plain, fromDictionary, fromDictionary, fromDictionary, replacedWord, replacedWord],
  binary: [...plain, numbered, numbered, fromDictionary],
}

/** One input: something of the corpus with one to four changes, and now and then as it is. */
export function mutated(material: Material, random: Random): Uint8Array {
  let bytes = random.pick(material.corpus)
  if (random.once(32)) return bytes
  for (let left = 1 + (random.next() % 16 < 10 ? 0 : random.below(4)); left > 0; left -= 1) {
    bytes = random.pick(along[material.form])(bytes, random, material)
  }
  return bytes.length > MOST_BYTES ? bytes.subarray(0, MOST_BYTES) : bytes
}

function flipped(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length)
  return bytes.length === 0 ? bytes : bytes.with(at, (bytes[at] ?? 0) ^ (1 << random.below(8)))
}

function overwritten(bytes: Uint8Array, random: Random): Uint8Array {
  const out = Uint8Array.from(bytes)
  out.set(random.bytes(Math.min(1 + random.below(8), bytes.length)), random.below(bytes.length - 8))
  return out
}

function cut(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.subarray(0, random.below(bytes.length))
}

function removed(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length)
  return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(16)))
}

function inserted(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1)
  return joined(bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at))
}

function repeated(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length)
  const piece = bytes.subarray(at, at + 1 + random.below(64))
  const times = random.once(64) ? 256 : 1 + random.below(4)
  return joined(bytes.subarray(0, at), ...Array.from({ length: times }, () => piece), bytes.subarray(at))
}

/** The beginning of one and the end of another. */
function spliced(bytes: Uint8Array, random: Random, { corpus }: Material): Uint8Array {
  const other = random.pick(corpus)
  return joined(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1)))
}

/** A number of one, two or four bytes where there may be a length. */
function numbered(bytes: Uint8Array, random: Random): Uint8Array {
  const size = random.pick([1, 2, 4])
  if (bytes.length < size) return bytes
  const out = Uint8Array.from(bytes)
  const view = new DataView(out.buffer)
  // Lengths stand in front, mostly.
  const at = random.below(random.once(2) ? Math.min(out.length - size + 1, 16) : out.length - size + 1)
  const value = random.once(3) ? random.pick(numbers) : view.getUint8(at) + random.pick([-1, 1])
  if (size === 1) view.setUint8(at, value)
  else if (size === 2) view.setUint16(at, value)
  else view.setUint32(at, value)
  return out
}

function fromDictionary(bytes: Uint8Array, random: Random, { form, dictionary = [] }: Material): Uint8Array {
  const known = form === 'text' ? textDictionary : cborDictionary
  const piece = dictionary.length > 0 && random.once(2) ? random.pick(dictionary) : random.pick(known)
  const at = random.below(bytes.length + 1)
  return joined(bytes.subarray(0, at), piece, bytes.subarray(random.once(2) ? at : at + piece.length))
}

/** A word, number or string of a text gives way to another piece of text. */
function replacedWord(bytes: Uint8Array, random: Random, material: Material): Uint8Array {
  let at = random.below(bytes.length)
  let end = at
  while (at > 0 && isWord(bytes[at - 1])) at -= 1
  while (end < bytes.length && isWord(bytes[end])) end += 1
  const { dictionary = [] } = material
  const piece = dictionary.length > 0 && random.once(2) ? random.pick(dictionary) : random.pick(textDictionary)
  return joined(bytes.subarray(0, at), piece, bytes.subarray(end))
}

function isWord(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || (byte | 32) >= 0x61)
}

/** A head says another length or number than what follows it, or says it in another way. */
function lied(bytes: Uint8Array, random: Random): Uint8Array {
  const item = someItem(bytes, random)
  const first = item === undefined ? undefined : bytes[item.start]
  if (item === undefined || first === undefined) return bytes
  const major = first & 0xe0
  const argument = first & 31
  const heads = [
    Uint8Array.of(major | ((argument + random.pick([1, 31])) & 31)),
    Uint8Array.of(major | 24, argument),
    Uint8Array.of(major | 25, 0, argument),
    Uint8Array.of(major | 26, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(major | 27, 0, 0x20, 0, 0, 0, 0, 0, 0),
    Uint8Array.of(major | 27, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(major | 31),
    Uint8Array.of((random.below(8) << 5) | argument),
  ]
  return joined(bytes.subarray(0, item.start), random.pick(heads), bytes.subarray(item.headEnd))
}

function replacedItem(bytes: Uint8Array, random: Random, { corpus, dictionary = [] }: Material): Uint8Array {
  const item = someItem(bytes, random)
  if (item === undefined) return bytes
  const other = random.pick(corpus)
  const found = random.once(3) ? someItem(other, random) : undefined
  const known = dictionary.length > 0 && random.once(2) ? dictionary : cborDictionary
  const piece = found === undefined ? random.pick(known) : other.subarray(found.start, found.end)
  return joined(bytes.subarray(0, item.start), piece, bytes.subarray(item.end))
}

function swappedItems(bytes: Uint8Array, random: Random): Uint8Array {
  const items = itemsOf(bytes)
  if (items.length < 2) return bytes
  const [a, b] = [random.pick(items), random.pick(items)].toSorted((one, other) => one.start - other.start)
  if (a === undefined || b === undefined || a.end > b.start) return bytes
  return joined(
    bytes.subarray(0, a.start),
    bytes.subarray(b.start, b.end),
    bytes.subarray(a.end, b.start),
    bytes.subarray(a.start, a.end),
    bytes.subarray(b.end),
  )
}

function someItem(bytes: Uint8Array, random: Random): CborItem | undefined {
  const items = itemsOf(bytes)
  return items.length === 0 ? undefined : random.pick(items)
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
