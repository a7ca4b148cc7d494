/** Reads one value that came from outside, or throws `Misread`. `path` says where it stands. */
export type Reader<T> = (value: unknown, path: string) => T

/** What is wrong with a value, and where. */
export class Misread extends Error {
  constructor(path: string, why: string) {
    super(`${path === '' ? 'the whole' : path} ${why}`)
  }
}

/** A whole number, both ends included. */
export function int(from: number, to: number): Reader<number> {
  return (value, path) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= from && value <= to) return value
    throw new Misread(path, `is not a whole number from ${from} to ${to}`)
  }
}

export function text(pattern: RegExp): Reader<string> {
  return (value, path) => {
    if (typeof value === 'string' && pattern.test(value)) return value
    throw new Misread(path, `is not a text of the form ${pattern.source}`)
  }
}

export function word<const T extends string | number>(...words: readonly T[]): Reader<T> {
  return (value, path) => {
    const found = words.find((each) => each === value)
    if (found !== undefined) return found
    throw new Misread(path, `is not one of ${words.join(', ')}`)
  }
}

export const flag: Reader<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value
  throw new Misread(path, 'is neither true nor false')
}

export function orNull<T>(read: Reader<T>): Reader<T | null> {
  return (value, path) => (value === null ? null : read(value, path))
}

export function list<T>(read: Reader<T>, most: number): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new Misread(path, 'is no list')
    if (value.length > most) throw new Misread(path, `has more than ${most} items`)
    return value.map((item: unknown, index) => read(item, `${path}[${index}]`))
  }
}

type Fields<T> = { readonly [K in keyof T]: Reader<T[K]> }

/** An object with exactly these fields; `otherwise` says what those are that need not stand there. */
export function struct<T extends object>(fields: Fields<T>, otherwise: Partial<T> = {}): Reader<T> {
  const names = new Set(Object.keys(fields))
  const absent = new Map<string, unknown>(Object.entries(otherwise))
  return (value, path) => {
    const given = fieldsOf(value, path)
    const strange = [...given.keys()].find((name) => !names.has(name))
    if (strange !== undefined) throw new Misread(path, `has a field "${strange.slice(0, 32)}" that nobody knows`)
    const read = Object.entries<Reader<unknown>>(fields).map(([name, reader]) => {
      if (!given.has(name) && absent.has(name)) return [name, absent.get(name)]
      if (!given.has(name)) throw new Misread(path, `lacks the field "${name}"`)
      return [name, reader(given.get(name), path === '' ? name : `${path}.${name}`)]
    })
    // Every field was read by the reader of its own type.
    return Object.fromEntries(read) as T
  }
}

/** One of several kinds of object, told apart by their field `kind`. */
export function kinds<T extends { readonly kind: string }>(readers: {
  readonly [K in T['kind']]: Reader<Extract<T, { readonly kind: K }>>
}): Reader<T> {
  const byKind = new Map<unknown, Reader<T>>(Object.entries<Reader<T>>(readers))
  return (value, path) => {
    const read = byKind.get(fieldsOf(value, path).get('kind'))
    if (read === undefined) throw new Misread(path, `is of no kind of ${[...byKind.keys()].join(', ')}`)
    return read(value, path)
  }
}

function fieldsOf(value: unknown, path: string): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Misread(path, 'is no object')
  return new Map(Object.entries(value))
}
