import * as fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { schemas, type Cbor, type RecordType, type Shape } from '@haggle/protocol'

// The keys of the registry are exactly the record types.
export const recordTypes = Object.keys(schemas) as RecordType[]

/** Any wire value that a shape allows, derived from nothing else. */
export function arbitrary(shape: Shape): Arbitrary<Cbor> {
  switch (shape.kind) {
    case 'int':
      return fc.integer({ min: shape.min, max: shape.max })
    case 'bool':
      return fc.boolean()
    case 'text':
      return texts(shape.maxBytes, shape.pattern)
    case 'word':
      return fc.constantFrom(...shape.words)
    case 'bytes':
      return byteStrings(shape.min, shape.max)
    case 'list':
      return fc.array(arbitrary(shape.item), { minLength: shape.min, maxLength: Math.min(shape.max, shape.min + 3) })
    case 'nullable':
      return fc.option(arbitrary(shape.inner), { nil: null })
    case 'struct':
      return fc.tuple(...shape.fields.map(([, field]) => arbitrary(field)))
    case 'union':
      return fc.oneof(...shape.variants.map(([tag, body]) => fc.tuple(fc.constant(tag), arbitrary(body))))
  }
}

/** A body of some type, as the wire has it. */
export const anyBody: Arbitrary<readonly [RecordType, Cbor]> = fc.oneof(
  ...recordTypes.map((type) => fc.tuple(fc.constant(type), bodyOf(type))),
)

function texts(maxBytes: number, pattern: RegExp | null): Arbitrary<string> {
  if (pattern !== null) {
    return fc.stringMatching(pattern).filter((value) => pattern.test(value) && Buffer.byteLength(value) <= maxBytes)
  }
  const hostile = fc.constantFrom('__proto__', 'constructor', 'toString', '\u0000', '\u{10ffff}')
  return fc
    .oneof(fc.string({ unit: 'binary', maxLength: 60 }), hostile)
    .map((value) => value.normalize('NFC'))
    .filter((value) => Buffer.byteLength(value) <= maxBytes && !value.startsWith('\uFEFF'))
}

function byteStrings(min: number, max: number): Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: min, maxLength: Math.min(max, min + 80) }).map((value) => new Uint8Array(value))
}

/** Bodies of one type: what its shape allows, as far as its fields agree with each other. */
export function bodyOf(type: RecordType): Arbitrary<Cbor> {
  return arbitrary(schemas[type].shape).filter((body) => {
    try {
      schemas[type].decode(body, type)
      return true
    } catch {
      return false
    }
  })
}
