import { expect, test } from 'vitest'
import { recordIdOf, type RecordId } from '@haggle/protocol'
import { SeenRecords } from '../src/seen-records.ts'

const idOf = (number: number): RecordId => recordIdOf(Uint8Array.of(number >> 8, number))
const signatureOf = (number: number): Uint8Array => new Uint8Array(64).fill(number)

test('NET-29: a record is known under the signature that was verified, and under no other', () => {
  const seen = new SeenRecords(4)
  seen.add(idOf(1), signatureOf(1))
  expect(seen.has(idOf(1), signatureOf(1))).toBe(true)
  expect(seen.has(idOf(1), signatureOf(1).with(63, 0))).toBe(false)
  expect(seen.has(idOf(1), signatureOf(1).subarray(0, 63))).toBe(false)
  expect(seen.has(idOf(2), signatureOf(1))).toBe(false)
  seen.add(idOf(1), signatureOf(9))
  expect(seen.has(idOf(1), signatureOf(9))).toBe(true)
})

test('of more records than are remembered the oldest are forgotten, one for each that comes', () => {
  const seen = new SeenRecords(3_000)
  for (let number = 0; number < 7_000; number += 1) seen.add(idOf(number), signatureOf(number % 256))
  const known = Array.from({ length: 7_000 }, (_, number) => seen.has(idOf(number), signatureOf(number % 256)))
  expect(known.indexOf(true)).toBe(4_000)
  expect(known.slice(4_000)).not.toContain(false)
})
