import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, nameOf, toHex } from '../src/hex.ts'

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })

describe('hexadecimal', () => {
  test('is what the platform writes, and gives its bytes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
        expect(fromHex(toHex(bytes))).toEqual(bytes)
      }),
    )
  })

  test('names nothing by the name of something else, however alike the two begin', () => {
    fc.assert(
      fc.property(fc.array(bytesOf(30), { minLength: 2, maxLength: 5 }), fc.array(fc.nat(4)), (ends, order) => {
        const all = ends.map((end) => Uint8Array.of(7, 7, ...end))
        for (const at of order) {
          const bytes = all[at % all.length] ?? new Uint8Array()
          expect(nameOf(bytes)).toBe(toHex(bytes))
          // A shorter one may end where the other goes on.
          expect(nameOf(bytes.subarray(0, 16))).toBe(toHex(bytes.subarray(0, 16)))
        }
      }),
    )
  })
})
