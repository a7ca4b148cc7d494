import { createHash } from 'node:crypto'
import type { Cbor, Shape } from '@haggle/protocol'

/** `least`: nulls, empty lists, smallest integers. `full`: every optional field present, lists of up to two items. */
export type Filling = 'least' | 'full' | 'largest'

/** A valid wire value for a shape, made from the path of each field and nothing else. */
export function fill(shape: Shape, filling: Filling, path: string): Cbor {
  switch (shape.kind) {
    case 'int':
      if (filling === 'largest') return shape.max
      return filling === 'least' ? shape.min : Math.min(shape.max, Math.max(shape.min, digest(path).readUInt32BE(0)))
    case 'bool':
      return filling !== 'least'
    case 'text':
      return text(shape.maxBytes, shape.pattern, filling, path)
    case 'word':
      return shape.words[digest(path).readUInt32BE(0) % shape.words.length] ?? ''
    case 'bytes':
      return byteString(filling === 'least' ? shape.min : Math.max(shape.min, Math.min(shape.max, 40)), path)
    case 'list': {
      const count = filling === 'least' ? shape.min : Math.min(shape.max, Math.max(shape.min, 2))
      return Array.from({ length: count }, (_, index) => fill(shape.item, filling, `${path}[${index}]`))
    }
    case 'nullable':
      return filling === 'least' ? null : fill(shape.inner, filling, path)
    case 'struct':
      return shape.fields.map(([name, field]) => fill(field, filling, `${path}.${name}`))
    case 'union': {
      const chosen = shape.variants[digest(path).readUInt32BE(0) % shape.variants.length]
      if (chosen === undefined) throw new TypeError('a union has variants')
      return [chosen[0], fill(chosen[1], filling, `${path}.${chosen[0]}`)]
    }
  }
}

function text(maxBytes: number, pattern: RegExp | null, filling: Filling, path: string): string {
  if (pattern !== null) return filling === 'least' ? 'a' : `name-${digest(path).toString('hex').slice(0, 6)}`
  // Accents in normal form C, a character beyond the basic plane, and a name that objects treat specially.
  return filling === 'least' ? '' : 'caf\u00e9 \u{1f91d} __proto__'.slice(0, maxBytes)
}

function byteString(length: number, path: string): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) => digest(`${path}#${index}`))
  return new Uint8Array(Buffer.concat(blocks).subarray(0, length))
}

function digest(path: string): Buffer {
  return createHash('sha256').update(path).digest()
}
