import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { test } from '@fast-check/vitest'
import type { RecordId } from '@haggle/protocol'
import {
  countOf,
  digestOf,
  divided,
  idOfKey,
  keyAt,
  keyOf,
  keysOf,
  noKeys,
  withKey,
  withoutKey,
  type KeyTree,
} from '../../src/evidence/key-tree.ts'

/** Ids that share long prefixes as well as ids that share none: hashes alone would never try the deep forks. */
const anyId = fc
  .tuple(fc.constantFrom('0', '00000000', 'f', '0f0f'), fc.stringMatching(/^[0-9a-f]{6}$/))
  // 64 hexadecimal digits are what an id is.
  .map(([head, tail]) => (head + tail).padEnd(64, head) as RecordId)
const anyKey = fc.tuple(fc.integer({ min: 472_000, max: 472_020 }), anyId).map(([epoch, id]) => keyOf(epoch, id))
const anyKeys = fc.uniqueArray(anyKey, { maxLength: 120, size: 'max' })

function treeOf(keys: Iterable<string>): KeyTree {
  let tree = noKeys
  for (const key of keys) tree = withKey(tree, key)
  return tree
}

/** The definition of EVI-04, word by word, over bits written out. */
function referenceDigest(keys: readonly string[]): string {
  const sorted = keys.toSorted()
  const hash = (mark: number, parts: readonly string[]): string =>
    createHash('sha256')
      .update(Buffer.from([mark]))
      .update(Buffer.from(parts.join(''), 'hex'))
      .digest('hex')
  if (sorted.length <= 16) return hash(0, sorted.map(idOfKey))
  const bits = (key: string): string =>
    key.replaceAll(/./g, (digit) => parseInt(digit, 16).toString(2).padStart(4, '0'))
  const rows = sorted.map(bits)
  let at = 0
  while (rows.every((row) => row[at] === rows[0]?.[at])) at += 1
  const side = (bit: string): string => referenceDigest(sorted.filter((_, index) => rows[index]?.[at] === bit))
  return hash(1, [side('0'), side('1')])
}

test.prop([anyKeys, fc.infiniteStream(fc.nat())])(
  'EVI-04: the digest follows from the members alone, whatever the order in which they came',
  (keys, dice) => {
    const shuffled = keys.toSorted(() => ((dice.next().value ?? 0) % 2 === 0 ? 1 : -1))
    const expected = referenceDigest(keys)
    expect(digestOf(treeOf(keys))).toBe(expected)
    expect(digestOf(treeOf(shuffled))).toBe(expected)
  },
)

test.prop([anyKeys, anyKeys], { numRuns: 12 })(
  'EVI-04: what was taken away again leaves no trace in the digest',
  (keys, more) => {
    const others = more.filter((key) => !keys.includes(key))
    let tree = treeOf([...others, ...keys])
    for (const key of others) tree = withoutKey(tree, key)
    expect([...keysOf(tree)]).toEqual(keys.toSorted())
    expect(digestOf(tree)).toBe(referenceDigest(keys))
    for (const [gone, key] of keys.entries()) {
      tree = withoutKey(tree, key)
      expect(digestOf(tree)).toBe(referenceDigest(keys.slice(gone + 1)))
    }
    expect([countOf(tree), digestOf(tree)]).toEqual([0, digestOf(noKeys)])
  },
)

test.prop([anyKeys, anyKey, fc.nat(36)])(
  'EVI-04: the part of a tree between two bounds is the tree of that part',
  (keys, at, digits) => {
    const bound = at.slice(0, 2 * digits)
    const { below, from } = divided(treeOf(keys), bound)
    const low = keys.filter((key) => key < bound)
    const high = keys.filter((key) => key >= bound)
    expect([[...keysOf(below)], [...keysOf(from)]]).toEqual([low.toSorted(), high.toSorted()])
    expect([digestOf(below), digestOf(from)]).toEqual([referenceDigest(low), referenceDigest(high)])
    expect([countOf(below), countOf(from)]).toEqual([low.length, high.length])
  },
)

test.prop([anyKeys])('each key is found at its place, and none beyond the last', (keys) => {
  const tree = treeOf(keys)
  expect(keys.toSorted().map((_, place) => keyAt(tree, place))).toEqual(keys.toSorted())
  expect(keyAt(tree, keys.length)).toBe(undefined)
})

test('EVI-04: one record more or less is another digest, and an older tree keeps its own', () => {
  const id = (n: number): RecordId => createHash('sha256').update(`${n}`).digest('hex') as RecordId
  const tree = treeOf(Array.from({ length: 1_000 }, (_, n) => keyOf(n % 50, id(n))))
  const before = digestOf(tree)
  const seen = new Set([before])
  for (let n = 0; n < 1_000; n += 1) seen.add(digestOf(withoutKey(tree, keyOf(n % 50, id(n)))))
  expect(seen.size).toBe(1_001)
  expect(digestOf(tree)).toBe(before)
  expect(withKey(tree, keyOf(0, id(0)))).toBe(tree)
})
