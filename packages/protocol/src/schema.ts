import { fromHex, nameOf, toHex } from './hex.ts'

/** What a record is made of on the wire: DAG-CBOR without floats, maps, tags or undefined. */
export type Cbor = number | string | boolean | null | Uint8Array | readonly Cbor[]
/** A value that JSON can write. */
export type JsonValue = number | string | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** What a schema asks for, as data: documentation and test values derive from it. */
export type Shape =
  | { readonly kind: 'int'; readonly min: number; readonly max: number }
  | { readonly kind: 'bool' }
  | { readonly kind: 'text'; readonly maxBytes: number; readonly pattern: RegExp | null }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'bytes'; readonly min: number; readonly max: number }
  | { readonly kind: 'list'; readonly item: Shape; readonly min: number; readonly max: number }
  | { readonly kind: 'nullable'; readonly inner: Shape }
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [name: string, shape: Shape])[] }
  | { readonly kind: 'union'; readonly variants: readonly (readonly [tag: string, shape: Shape])[] }

/**
 * One schema is the only source of a shape: the codec, the TypeScript type (`Infer`) and the view for people derive from it.
 * `decode` throws `ShapeError`, which the record decoder turns into a violation.
 */
export interface Schema<T> {
  readonly shape: Shape
  encode(value: T): Cbor
  decode(value: unknown, path: string): T
  view(value: T): JsonValue
}

/** The type of the values that a schema describes. */
export type Infer<S> = S extends Schema<infer T> ? T : never

const LONE_SURROGATE = /\p{Surrogate}/u

/** A value that does not have the shape its schema asks for; its message begins with the path of the field. No `Error`, for the reason of `CborError`. */
export class ShapeError {
  readonly message: string
  constructor(path: string, problem: string) {
    this.message = `${path}: ${problem}`
  }
}

/** An integer in [min, max]; max is never above 2^53 - 1. */
export function int(max: number = Number.MAX_SAFE_INTEGER, min = 0): Schema<number> {
  return {
    shape: { kind: 'int', min, max },
    encode: (value) => value,
    decode(value, path) {
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new ShapeError(path, 'not a safe integer')
      if (value < min || value > max) throw new ShapeError(path, `${value} is outside ${min}..${max}`)
      return value
    },
    view: (value) => value,
  }
}

export const bool: Schema<boolean> = {
  shape: { kind: 'bool' },
  encode: (value) => value,
  decode(value, path) {
    if (typeof value !== 'boolean') throw new ShapeError(path, 'not a boolean')
    return value
  },
  view: (value) => value,
}

/** NFC text of at most `maxBytes` bytes of UTF-8; `pattern` narrows it further. */
export function text(maxBytes: number, pattern?: RegExp): Schema<string> {
  return {
    shape: { kind: 'text', maxBytes, pattern: pattern ?? null },
    encode: (value) => value,
    decode(value, path) {
      if (typeof value !== 'string') throw new ShapeError(path, 'not a text')
      if (utf8Length(value) > maxBytes) throw new ShapeError(path, `longer than ${maxBytes} bytes`)
      if (LONE_SURROGATE.test(value)) throw new ShapeError(path, 'not well-formed Unicode')
      // ENC-06: decoders of UTF-8 commonly drop a leading byte order mark, so that it would be lost on the way.
      if (value.startsWith('\uFEFF')) throw new ShapeError(path, 'begins with a byte order mark')
      if (value.normalize('NFC') !== value) throw new ShapeError(path, 'not in Unicode normal form C')
      if (pattern !== undefined && !pattern.test(value)) throw new ShapeError(path, `does not match ${pattern.source}`)
      return value
    },
    view: (value) => value,
  }
}

/** A closed list of words. */
export function word<const W extends string>(...words: readonly W[]): Schema<W> {
  const known: ReadonlyMap<string, W> = new Map(words.map((each) => [each, each]))
  return {
    shape: { kind: 'word', words },
    encode: (value) => value,
    decode(value, path) {
      // One text for all records that say it.
      const found = typeof value === 'string' ? known.get(value) : undefined
      if (found === undefined) throw new ShapeError(path, `not one of ${words.join(', ')}`)
      return found
    },
    view: (value) => value,
  }
}

/** Raw bytes of a bounded length; the view is hexadecimal. */
export function bytes(max: number, min = 0): Schema<Uint8Array> {
  return {
    shape: { kind: 'bytes', min, max },
    encode: (value) => value,
    // A copy: the record outlives the frame or the buffer in which its bytes came.
    decode: (value, path) => new Uint8Array(bytesWithin(value, path, min, max)),
    view: (value) => toHex(value),
  }
}

/** Fixed-length bytes held in memory as a branded hexadecimal text, so that they can be map keys and sort as raw bytes do. */
export function hexBytes<T extends string>(length: number, show: (hex: T) => string): Schema<T> {
  return {
    shape: { kind: 'bytes', min: length, max: length },
    encode: (value) => fromHex(value),
    // The brand says: lower-case hexadecimal of exactly `length` bytes, which the name of checked bytes is.
    decode: (value, path) => nameOf(bytesWithin(value, path, length, length)) as T,
    view: (value) => show(value),
  }
}

/** Most lists of most records are empty: one of them serves all. */
const none: readonly never[] = Object.freeze([])

/** A list of at most `max` items. */
export function list<T>(item: Schema<T>, max: number, min = 0): Schema<readonly T[]> {
  return {
    shape: { kind: 'list', item: item.shape, min, max },
    encode: (value) => value.map((each) => item.encode(each)),
    decode(value, path) {
      if (!Array.isArray(value)) throw new ShapeError(path, 'not a list')
      if (value.length < min || value.length > max) throw new ShapeError(path, `not ${min} to ${max} items`)
      return value.length === 0 ? none : value.map((each: unknown, index) => item.decode(each, `${path}[${index}]`))
    },
    view: (value) => value.map((each) => item.view(each)),
  }
}

/** An optional value; absence is an explicit null. */
export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    shape: { kind: 'nullable', inner: inner.shape },
    encode: (value) => (value === null ? null : inner.encode(value)),
    decode: (value, path) => (value === null ? null : inner.decode(value, path)),
    view: (value) => (value === null ? null : inner.view(value)),
  }
}

/** Some schema whose type is not known here: nothing may be encoded with it unchecked, and what it decodes is unknown. */
interface SomeSchema {
  readonly shape: Shape
  encode(value: never): Cbor
  decode(value: unknown, path: string): unknown
  view(value: never): JsonValue
}
type Fields = { readonly [name: string]: SomeSchema }
type Struct<F> = { readonly [K in keyof F]: Infer<F[K]> }

/** An IPLD struct in tuple representation: the fields in the order in which they are written here. */
export function struct<F extends { readonly [K in keyof F]: Schema<Infer<F[K]>> }>(fields: F): Schema<Struct<F>> {
  // Object.keys loses the key type; these are exactly the keys of F, in the order of writing.
  const names = Object.keys(fields) as (keyof F & string)[]
  const schemaOf: Fields = fields
  return {
    shape: { kind: 'struct', fields: names.map((name) => [name, field(schemaOf, name).shape]) },
    // A field is encoded by the schema under its own name, whose value it therefore is.
    encode: (value) => names.map((name) => field(schemaOf, name).encode(value[name] as never)),
    decode(value, path) {
      if (!Array.isArray(value)) throw new ShapeError(path, 'not a tuple')
      if (value.length !== names.length) throw new ShapeError(path, `${value.length} fields instead of ${names.length}`)
      const out: Record<string, unknown> = {}
      names.forEach((name, index) => {
        out[name] = field(schemaOf, name).decode(value[index], `${path}.${name}`)
      })
      // Every field was decoded by its own schema.
      return out as Struct<F>
    },
    // As in encode: the schema and the value stand under one name.
    view: (value) => Object.fromEntries(names.map((name) => [name, field(schemaOf, name).view(value[name] as never)])),
  }
}

/** A schema with one more rule, which ties fields together; `problem` says what is wrong, or null. */
export function tied<T>(schema: Schema<T>, problem: (value: T) => string | null): Schema<T> {
  return {
    ...schema,
    decode(value, path) {
      const decoded = schema.decode(value, path)
      const wrong = problem(decoded)
      if (wrong !== null) throw new ShapeError(path, wrong)
      return decoded
    },
  }
}

/** A tagged union: `[tag, body]` on the wire, `{ kind: tag, ...body }` in memory. */
export function union<U extends { readonly [tag: string]: object }>(variants: {
  readonly [T in keyof U & string]: Schema<U[T]>
}): Schema<{ [T in keyof U & string]: { readonly kind: T } & U[T] }[keyof U & string]> {
  type Member = { [T in keyof U & string]: { readonly kind: T } & U[T] }[keyof U & string]
  const table = new Map<string, SomeSchema>(Object.entries(variants))
  const schemaOf = (kind: string, path: string): SomeSchema => {
    const found = table.get(kind)
    if (found === undefined) throw new ShapeError(path, `not one of ${[...table.keys()].join(', ')}`)
    return found
  }
  return {
    shape: { kind: 'union', variants: [...table].map(([tag, schema]) => [tag, schema.shape]) },
    // The kind chooses the schema, so the value is one of that variant.
    encode: (value) => [value.kind, schemaOf(value.kind, 'union').encode(value as never)],
    decode(value, path) {
      if (!Array.isArray(value) || value.length !== 2) throw new ShapeError(path, 'not a tagged value')
      // Array.isArray widens the items to any; nothing is known of them yet.
      const [tag, body] = value as readonly unknown[]
      if (typeof tag !== 'string') throw new ShapeError(path, 'the tag is not a text')
      // Every variant is a struct, and a struct decodes to an object.
      const decoded = schemaOf(tag, path).decode(body, `${path}.${tag}`) as object
      // The tag chose the schema, so the two belong together.
      return { kind: tag, ...decoded } as Member
    },
    // As in encode: the kind chooses the schema.
    view: (value) => ({ kind: value.kind, ...viewObject(schemaOf(value.kind, 'union').view(value as never)) }),
  }
}

function viewObject(view: JsonValue): { readonly [key: string]: JsonValue } {
  if (view === null || typeof view !== 'object' || Array.isArray(view)) throw new TypeError('a union holds structs')
  // What is neither a scalar nor a list is an object; Array.isArray does not narrow a readonly list away.
  return view as { readonly [key: string]: JsonValue }
}

function field(fields: Fields, name: string): SomeSchema {
  const schema = fields[name]
  if (schema === undefined) throw new TypeError(`no schema for field ${name}`)
  return schema
}

function bytesWithin(value: unknown, path: string, min: number, max: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new ShapeError(path, 'not bytes')
  if (value.length < min || value.length > max) throw new ShapeError(path, `not ${min} to ${max} bytes`)
  return value
}

function utf8Length(value: string): number {
  let length = 0
  for (const symbol of value) {
    const point = symbol.codePointAt(0) ?? 0
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return length
}
