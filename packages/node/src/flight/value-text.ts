import { createHash } from 'node:crypto'
import { encodeWire, fromHex, restoreRecord, toHex, type HaggleRecord, type NetworkId } from '@haggle/protocol'

/** Any value of the engine that JSON can write down: maps, sets, bytes and records have marks of their own. */
export type FlightJson =
  null | boolean | number | string | readonly FlightJson[] | { readonly [field: string]: FlightJson }

/** Writes values of the engine; a record that was written once is named by its number from then on. */
export class ValueWriter {
  /** By id and signature: equal records are one, wherever they came from. */
  readonly #numbers = new Map<string, number>()
  readonly #wires: string[] = []

  /** The value as JSON; fields that are undefined are left out, as the engine treats them. */
  write(value: unknown): FlightJson {
    if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
      return value
    if (value instanceof Uint8Array) return { $bytes: toHex(value) }
    if (value instanceof Map) return { $map: [...value].map((entry) => entry.map((each: unknown) => this.write(each))) }
    if (value instanceof Set) return { $set: [...value].map((each: unknown) => this.write(each)) }
    if (Array.isArray(value)) return value.map((each: unknown) => this.write(each))
    if (typeof value !== 'object') throw new TypeError(`a ${typeof value} is no value of the engine`)
    if (isRecord(value)) return { $record: this.#numberOf(value) }
    const fields: Record<string, FlightJson> = {}
    for (const [name, field] of Object.entries(value)) if (field !== undefined) fields[name] = this.write(field)
    return fields
  }

  /** The records that were written, by their numbers, in wire form. */
  get records(): readonly string[] {
    return this.#wires
  }

  #numberOf(record: HaggleRecord): number {
    const seal = `${record.id}${toHex(record.signature)}`
    const known = this.#numbers.get(seal)
    if (known !== undefined) return known
    const number = this.#wires.push(toHex(encodeWire(record))) - 1
    this.#numbers.set(seal, number)
    return number
  }
}

/** One value with the records that it names. */
export interface WrittenValue {
  readonly records: readonly string[]
  readonly value: FlightJson
}

/** One value by itself. */
export function written(value: unknown): WrittenValue {
  const writer = new ValueWriter()
  const json = writer.write(value)
  return { records: writer.records, value: json }
}

/** The value that was written, or throws `TypeError`. Records were verified before they were written down. */
export function readValue({ records, value }: WrittenValue, networkId: NetworkId): unknown {
  const restored = records.map((wire) => {
    const record = restoreRecord(fromHex(wire), networkId, (bytes) => createHash('sha256').update(bytes).digest())
    if (record === undefined) throw new TypeError('a record of a form that this version does not know')
    return record
  })
  const read = (json: FlightJson): unknown => {
    if (json === null || typeof json !== 'object') return json
    if (isList(json)) return json.map(read)
    const { $bytes, $map, $set, $record } = json
    if (typeof $bytes === 'string') return fromHex($bytes)
    if (isList($map)) return new Map($map.map((entry) => pair(read(entry))))
    if (isList($set)) return new Set($set.map(read))
    if (typeof $record === 'number') {
      const record = restored[$record]
      if (record === undefined) throw new TypeError('a record that is not there')
      return record
    }
    return Object.fromEntries(Object.entries(json).map(([name, field]) => [name, read(field)]))
  }
  return read(value)
}

function pair(entry: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(entry) || entry.length !== 2) throw new TypeError('an entry of a map has two parts')
  return [entry[0], entry[1]]
}

function isList(value: FlightJson | undefined): value is readonly FlightJson[] {
  return Array.isArray(value)
}

function isRecord(value: object): value is HaggleRecord {
  return 'signature' in value && value.signature instanceof Uint8Array && 'body' in value && 'id' in value
}
