import { encode } from 'cborg'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeCanonical } from '../src/cbor-writer.ts'
import { anyBody } from './arbitrary.ts'
import type { Cbor } from '@haggle/protocol'

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('the writer of canonical CBOR', () => {
  test('ENC-05 writes every body as a library written by others does', () => {
    fc.assert(
      fc.property(anyBody, ([, body]) => {
        expect(hexOf(encodeCanonical(body))).toBe(hexOf(encode(body)))
      }),
      { numRuns: 2_000 },
    )
  })

  test('ENC-05 ENC-08 writes each integer with the shortest head', () => {
    const edges = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]
    for (const edge of [...edges, ...edges.map((each) => -each)])
      expect(hexOf(encodeCanonical(edge))).toBe(hexOf(encode(edge)))
  })

  test('ENC-05 writes the length of texts, bytes and lists with the shortest head', () => {
    for (const length of [0, 23, 24, 255, 256, 65_535, 65_536]) {
      const values: Cbor[] = ['a'.repeat(length), 'ä'.repeat(length), new Uint8Array(length), Array(length).fill(null)]
      for (const value of values) expect(hexOf(encodeCanonical(value))).toBe(hexOf(encode(value)))
    }
  })

  test('ENC-08 writes no number that is no safe integer', () => {
    for (const number of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
      expect(() => encodeCanonical([number])).toThrow(TypeError)
  })
})
