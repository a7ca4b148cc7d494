import { fromHex, sha256Of, toHex, type RecordId } from '@haggle/protocol'

/** The place of a record in a set: 8 digits of its epoch, then the 64 of its id. As texts they sort as (epoch, id) does. */
export type EvidenceKey = string

/** A prefix of a key, or a whole one: below it lies every key that sorts before it. */
export type KeyBound = string

/** EVI-04: so many keys are hashed in one piece; part of what a digest is. */
const PAGE = 16
const EPOCH_DIGITS = 8
const DIGIT_BITS = 4
/** EVI-04: a page and a fork never have the same bytes under the hash. */
const PAGE_MARK = 0
const FORK_MARK = 1

interface Page {
  readonly kind: 'page'
  readonly keys: readonly EvidenceKey[]
  print: Uint8Array | null
}

interface Fork {
  readonly kind: 'fork'
  /** The first bit in which two of its keys differ. */
  readonly bit: number
  /** Has the bits before that one in common with every key below. */
  readonly stem: EvidenceKey
  readonly zero: KeyTree
  readonly one: KeyTree
  readonly count: number
  print: Uint8Array | null
}

/**
 * A set of keys whose shape follows from its members alone (EVI-04), however it came about: so equal sets have equal prints, and the part of a
 * tree between two bounds is the tree of that part. It never changes; what is added or taken away makes another that shares most of it.
 * No depth can be forced on it: a fork needs keys with a longer common prefix, and ids are hashes.
 */
export type KeyTree = Page | Fork

export const noKeys: KeyTree = page([])

/** The key of a record of an epoch. */
export function keyOf(epoch: number, id: RecordId): EvidenceKey {
  return epoch.toString(16).padStart(EPOCH_DIGITS, '0') + id
}

export function idOfKey(key: EvidenceKey): RecordId {
  // What stands behind the epoch is the id from which the key was made.
  return key.slice(EPOCH_DIGITS) as RecordId
}

export function countOf(tree: KeyTree): number {
  return tree.kind === 'page' ? tree.keys.length : tree.count
}

export function withKey(tree: KeyTree, key: EvidenceKey): KeyTree {
  if (tree.kind === 'page') {
    const place = placeOf(tree.keys, key)
    return tree.keys[place] === key ? tree : treeOf(tree.keys.toSpliced(place, 0, key))
  }
  const { bit, stem, zero, one } = tree
  const differs = firstDifference(stem, key)
  if (differs < bit) {
    const alone = page([key])
    return bitOf(key, differs) === 0 ? joined(differs, key, alone, tree) : joined(differs, key, tree, alone)
  }
  const side = bitOf(key, bit) === 0 ? zero : one
  const grown = withKey(side, key)
  if (grown === side) return tree
  return side === zero ? joined(bit, stem, grown, one) : joined(bit, stem, zero, grown)
}

export function withoutKey(tree: KeyTree, key: EvidenceKey): KeyTree {
  if (tree.kind === 'page') return tree.keys.includes(key) ? page(tree.keys.filter((each) => each !== key)) : tree
  const { bit, stem, zero, one } = tree
  const side = bitOf(key, bit) === 0 ? zero : one
  const shrunk = withoutKey(side, key)
  if (shrunk === side) return tree
  return side === zero ? joined(bit, stem, shrunk, one) : joined(bit, stem, zero, shrunk)
}

/** The two parts of a tree: the keys that sort before a bound, and all others. */
export function divided(tree: KeyTree, bound: KeyBound): { readonly below: KeyTree; readonly from: KeyTree } {
  if (tree.kind === 'page') {
    const place = placeOf(tree.keys, bound)
    if (place === 0) return { below: noKeys, from: tree }
    if (place === tree.keys.length) return { below: tree, from: noKeys }
    return { below: page(tree.keys.slice(0, place)), from: page(tree.keys.slice(place)) }
  }
  const { bit, stem, zero, one } = tree
  const differs = firstDifference(stem, bound)
  // A bound that ends here sorts before all that goes on.
  const ends = bound.length * DIGIT_BITS
  if (differs < bit || ends <= bit) {
    const before = differs < ends && bitOf(bound, differs) === 1
    return before ? { below: tree, from: noKeys } : { below: noKeys, from: tree }
  }
  if (bitOf(bound, bit) === 0) {
    const { below, from } = divided(zero, bound)
    return { below, from: joined(bit, stem, from, one) }
  }
  const { below, from } = divided(one, bound)
  return { below: joined(bit, stem, zero, below), from }
}

/** The key with so many keys of the tree before it, if there is one. */
export function keyAt(tree: KeyTree, place: number): EvidenceKey | undefined {
  if (tree.kind === 'page') return tree.keys[place]
  const before = countOf(tree.zero)
  return place < before ? keyAt(tree.zero, place) : keyAt(tree.one, place - before)
}

/** The keys of the tree in their order. */
export function* keysOf(tree: KeyTree): Generator<EvidenceKey> {
  if (tree.kind === 'page') yield* tree.keys
  else {
    yield* keysOf(tree.zero)
    yield* keysOf(tree.one)
  }
}

/** EVI-04: the hash of the set: of the ids of a page, or of the prints of the two sides of a fork. */
export function printOf(tree: KeyTree): Uint8Array {
  tree.print ??= tree.kind === 'page' ? printOfPage(tree.keys) : printOfFork(tree)
  return tree.print
}

/** The print of a set as people and frames name it. */
export function digestOf(tree: KeyTree): string {
  return toHex(printOf(tree))
}

function printOfPage(keys: readonly EvidenceKey[]): Uint8Array {
  const bytes = new Uint8Array(1 + 32 * keys.length)
  bytes[0] = PAGE_MARK
  keys.forEach((key, index) => bytes.set(fromHex(idOfKey(key)), 1 + 32 * index))
  return sha256Of(bytes)
}

function printOfFork({ zero, one }: Fork): Uint8Array {
  const bytes = new Uint8Array(65)
  bytes[0] = FORK_MARK
  bytes.set(printOf(zero), 1)
  bytes.set(printOf(one), 33)
  return sha256Of(bytes)
}

/** The tree of sorted keys, each of which is there once. */
function treeOf(keys: readonly EvidenceKey[]): KeyTree {
  const first = keys[0]
  const last = keys.at(-1)
  if (keys.length <= PAGE || first === undefined || last === undefined) return page(keys)
  const bit = firstDifference(first, last)
  const side = keys.findIndex((key) => bitOf(key, bit) === 1)
  return joined(bit, first, treeOf(keys.slice(0, side)), treeOf(keys.slice(side)))
}

function page(keys: readonly EvidenceKey[]): Page {
  return { kind: 'page', keys, print: null }
}

/** One tree of two that differ first in a bit: a fork only where both have keys, and too many for a page. */
function joined(bit: number, stem: EvidenceKey, zero: KeyTree, one: KeyTree): KeyTree {
  const [low, high] = [countOf(zero), countOf(one)]
  if (low === 0) return one
  if (high === 0) return zero
  if (low + high <= PAGE) return page([...keysOf(zero), ...keysOf(one)])
  return { kind: 'fork', bit, stem, zero, one, count: low + high, print: null }
}

/** Where a key stands, or would stand, among sorted ones. */
function placeOf(keys: readonly EvidenceKey[], key: string): number {
  const place = keys.findIndex((each) => each >= key)
  return place < 0 ? keys.length : place
}

/** The first bit in which two texts of hexadecimal digits differ; where one ends, that is its end. */
function firstDifference(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    const differing = digitOf(a, at) ^ digitOf(b, at)
    if (differing !== 0) return at * DIGIT_BITS + Math.clz32(differing) - 28
  }
  return length * DIGIT_BITS
}

function bitOf(key: string, bit: number): number {
  return (digitOf(key, bit >> 2) >> (3 - (bit & 3))) & 1
}

function digitOf(key: string, at: number): number {
  const code = key.charCodeAt(at)
  return code <= 57 ? code - 48 : code - 87
}
