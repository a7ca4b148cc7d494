import { decode, encode } from 'cborg'
import { schemas, type AgentKey, type Cbor, type NetworkId, type RecordType, type Shape } from '@haggle/protocol'
import { fill } from '../vectors/fill.ts'
import { seal } from '../vectors/seal.ts'
import type { Random } from './random.ts'

/** Who can sign here. */
export interface Author {
  readonly key: AgentKey
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** What records are made of: those that were heard, and ids that stand in them. */
export interface Heard {
  readonly wires: readonly Uint8Array[]
  readonly ids: readonly Uint8Array[]
  /** The wall clock of those who judge them. */
  readonly now: number
}

const types = Object.keys(schemas).filter((name): name is RecordType => Object.hasOwn(schemas, name))

/**
 * A record in order, genuinely signed: one that was heard, or one of any type made up, with up to three of its fields changed
 * along its schema. So what is behind the gate has something to judge.
 */
export function resealed(heard: Heard, author: Author, networkId: NetworkId, random: Random): Uint8Array {
  const { type, body } = original(heard, random)
  let changed = body
  for (let left = random.below(4); left > 0; left -= 1) changed = change(schemas[type].shape, changed, heard, random)
  return seal(type, { body: encode(changed), author: author.key, network: networkId, sign: author.sign }).wire
}

function original(heard: Heard, random: Random): { readonly type: RecordType; readonly body: Cbor } {
  const wire = random.once(4) ? undefined : heard.wires[random.below(heard.wires.length)]
  const read: unknown = wire === undefined ? undefined : decode(wire)
  if (Array.isArray(read)) {
    const type = types.find((each) => each === read[0])
    // What was heard passed the gate, so it holds nothing but these kinds of value.
    if (type !== undefined) return { type, body: read[4] as Cbor }
  }
  const type = random.pick(types)
  const filling = random.once(3) ? 'least' : 'full'
  return { type, body: fill(schemas[type].shape, filling, `${type} ${random.below(64)}`) }
}

/** The value with one part of it changed into another that its shape allows, or nearly. */
function change(shape: Shape, value: Cbor, heard: Heard, random: Random): Cbor {
  switch (shape.kind) {
    case 'struct': {
      if (!isList(value)) return value
      const at = random.below(shape.fields.length)
      const field = shape.fields[at]
      return field === undefined ? value : value.with(at, change(field[1], value[at] ?? null, heard, random))
    }
    case 'list':
      return isList(value) ? changedList(shape.item, value, heard, random) : []
    case 'nullable':
      if (value !== null && random.once(4)) return null
      return change(shape.inner, value ?? fill(shape.inner, 'full', String(random.below(64))), heard, random)
    case 'union': {
      const other = random.pick(shape.variants)
      if (random.once(3)) return [other[0], fill(other[1], 'full', String(random.below(64)))]
      const own = shape.variants.find(([tag]) => isList(value) && value[0] === tag)
      return own === undefined || !isList(value) ? value : [own[0], change(own[1], value[1] ?? null, heard, random)]
    }
    case 'int':
      return integer(shape.min, shape.max, value, heard, random)
    case 'bytes':
      return byteString(shape.min, shape.max, value, heard, random)
    case 'bool':
      return value !== true
    case 'word':
      return random.pick(shape.words)
    case 'text':
      return random.once(2) ? 'slow' : fill(shape, 'full', String(random.below(64)))
  }
}

function changedList(item: Shape, value: readonly Cbor[], heard: Heard, random: Random): Cbor {
  const at = random.below(value.length)
  const one = value[at]
  if (one === undefined || random.once(4)) return [...value, fill(item, 'full', String(random.below(64)))]
  if (random.once(3)) return random.once(2) ? value.toSpliced(at, 1) : [...value, one]
  return value.with(at, change(item, one, heard, random))
}

function integer(min: number, max: number, value: Cbor, { now }: Heard, random: Random): number {
  const before = typeof value === 'number' ? value : min
  const near = [before - 1, before + 1, before + 1_000, before * 2, now, now - 5_000, now + 5_000]
  return Math.min(max, Math.max(min, random.pick([...near, ...near, min, max])))
}

function byteString(min: number, max: number, value: Cbor, { ids }: Heard, random: Random): Uint8Array {
  if (min === 32 && max === 32 && ids.length > 0) return random.once(8) ? random.bytes(32) : random.pick(ids)
  const before = value instanceof Uint8Array ? value : new Uint8Array(min)
  if (before.length === 0 || random.once(4)) return random.bytes(Math.min(max, Math.max(min, random.below(64))))
  const at = random.below(before.length)
  return before.with(at, (before[at] ?? 0) ^ (1 << random.below(8)))
}

function isList(value: Cbor): value is readonly Cbor[] {
  return Array.isArray(value)
}
