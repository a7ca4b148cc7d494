import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { packText, unpackText } from '../src/row-text.ts'

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const json = fc.array(fc.oneof(id, fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[0-9a-f]{60,130}$/)))

it('a row of JSON is read as it was written, and every id in it takes 33 bytes', () => {
  fc.assert(
    fc.property(json, (texts) => {
      const text = JSON.stringify(texts)
      const ids = text.match(/[0-9a-f]{64}/g) ?? []
      const packed = packText(text)
      expect(unpackText(packed)).toBe(text)
      expect(packed.length).toBe(Buffer.byteLength(text) - ids.length * 31)
    }),
  )
})
