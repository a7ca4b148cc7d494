import { createHash } from 'node:crypto'
import { encodeWire, fromHex, restoreRecord, toHex, type HaggleRecord, type NetworkId } from '@haggle/protocol'
import type { SnapshotPart } from '@haggle/core'
import { packText, unpackText } from './row-text.ts'

/** Of a later version nothing is read: the log says the same. In the first one deals did not say what of them is evidence. */
const VERSION = 2
/** The first byte of a row. */
const BEGIN = 1
const PART = 2
const END = 3
const VOID = 4
const LENGTH_BYTES = 4

/** One row of the table `snapshot`. */
export type SnapshotRow =
  /** The parts that follow stand for the rows of the log below `covers`. */
  | { readonly kind: 'begin'; readonly networkId: string; readonly covers: number; readonly version: number }
  | { readonly kind: 'part' }
  /** So many parts came since the begin. */
  | { readonly kind: 'end'; readonly parts: number }
  /** The snapshot that begins at this row covers more than there is. */
  | { readonly kind: 'void'; readonly begin: number }

export function encodeBegin(networkId: NetworkId, covers: number): Uint8Array {
  return small(BEGIN, { networkId, covers, version: VERSION })
}

export function encodeEnd(parts: number): Uint8Array {
  return small(END, { parts })
}

export function encodeVoid(begin: number): Uint8Array {
  return small(VOID, { begin })
}

/** What a row is; undefined: nothing that this version writes. Of a part only that it is one. */
export function snapshotRow(bytes: Uint8Array): SnapshotRow | undefined {
  if (bytes[0] === PART) return { kind: 'part' }
  const value = smallOf(bytes)
  const version = value['version']
  if (bytes[0] === BEGIN && isWhole(version) && version >= 1 && version <= VERSION && isWhole(value['covers']))
    return { kind: 'begin', networkId: String(value['networkId']), covers: value['covers'], version }
  if (bytes[0] === END && isWhole(value['parts'])) return { kind: 'end', parts: value['parts'] }
  if (bytes[0] === VOID && isWhole(value['begin'])) return { kind: 'void', begin: value['begin'] }
  return undefined
}

/** A part as a row, and how many records are in it: JSON with a number for each record, then the wire forms of these. */
export function encodePart(part: SnapshotPart): { readonly bytes: Uint8Array; readonly records: number } {
  const wires: Uint8Array[] = []
  const text = packText(
    JSON.stringify(part, function (this: Readonly<Record<string, unknown>>, key: string, value: unknown) {
      // The holder is asked, because a Buffer has turned itself into something else by now.
      const raw = this[key]
      if (raw instanceof Uint8Array) return { hex: toHex(raw) }
      return isRecord(raw) ? { record: wires.push(encodeWire(raw)) - 1 } : value
    }),
  )
  const out = new Uint8Array([text, ...wires].reduce((sum, each) => sum + LENGTH_BYTES + each.length, 1))
  out[0] = PART
  const view = new DataView(out.buffer)
  let at = 1
  for (const each of [text, ...wires]) {
    view.setUint32(at, each.length)
    out.set(each, at + LENGTH_BYTES)
    at += LENGTH_BYTES + each.length
  }
  return { bytes: out, records: wires.length }
}

/** The part in a row, or undefined when it cannot be read. The journal vouches for its bytes, as for those of the log. */
export function decodePart(bytes: Uint8Array, networkId: NetworkId): SnapshotPart | undefined {
  const [text, ...wires] = piecesOf(bytes)
  if (text === undefined) return undefined
  const records: HaggleRecord[] = []
  for (const wire of wires) {
    const record = restoreRecord(wire, networkId, sha256)
    if (record === undefined) return undefined
    records.push(record)
  }
  try {
    const value: unknown = JSON.parse(unpackText(text), (_key, each: unknown) => revived(each, records))
    return isPart(value) ? value : undefined
  } catch {
    return undefined
  }
}

function piecesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const pieces: Uint8Array[] = []
  for (let at = 1; at + LENGTH_BYTES <= bytes.length;) {
    const end = at + LENGTH_BYTES + view.getUint32(at)
    if (end > bytes.length) return []
    pieces.push(bytes.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  return pieces
}

function revived(value: unknown, records: readonly HaggleRecord[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('hex' in value && typeof value.hex === 'string') return fromHex(value.hex)
  if (!('record' in value) || typeof value.record !== 'number') return value
  const record = records[value.record]
  if (record === undefined) throw new RangeError('a part names a record that it does not hold')
  return record
}

const kinds: ReadonlySet<unknown> = new Set<SnapshotPart['kind']>([
  ...([
    'head',
    'page',
    'spent',
    'witness-set',
    'evidence',
    'kept-votes',
    'offer',
    'own',
    'foreign',
    'deal',
    'ended',
  ] as const),
])

/** The rest was written by `encodePart` and is under the journal's checksum. */
function isPart(value: unknown): value is SnapshotPart {
  return typeof value === 'object' && value !== null && 'kind' in value && kinds.has(value.kind)
}

function isRecord(value: unknown): value is HaggleRecord {
  return typeof value === 'object' && value !== null && 'bytes' in value && 'signature' in value
}

function small(kind: number, value: Readonly<Record<string, string | number>>): Uint8Array {
  return Uint8Array.from([kind, ...new TextEncoder().encode(JSON.stringify(value))])
}

function smallOf(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(1)))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}
