import { CborError, decodeCanonicalCbor, decodeKnownCbor } from './canonical-cbor.ts'
import { nameOf, toHex } from './hex.ts'
import { limits } from './limits.ts'
import { PROTOCOL_VERSION } from './params.ts'
import { agentKey } from './records/common.ts'
import { canonicalFromWire, HeldRecord, textOf, WIRE_SURPLUS, wireFromCanonical } from './held-record.ts'
import { recordIdOf, schemaOf } from './record.ts'
import { reservedTypes, schemas, type HaggleRecord, type RecordType } from './registry.ts'
import { ShapeError, type Cbor } from './schema.ts'
import type { NetworkId, RecordId } from './units.ts'
import type { Violation, ViolationCode } from './violation.ts'

/** ID-09: a record whose signature nobody has checked: what it claims. Only `authenticate` turns the claim into a record. */
export interface UnverifiedRecord {
  readonly claimed: HaggleRecord
}

/** A record that is well formed and still unverified, or the violation of whoever sent it. */
export type Decoded =
  { readonly ok: true; readonly unverified: UnverifiedRecord } | { readonly ok: false; readonly violation: Violation }

const RESERVED: ReadonlySet<string> = new Set(reservedTypes)

/** A record from its wire form [type, version, author, signature, body]. Total: no bytes make it throw. */
export function decodeWire(bytes: Uint8Array, networkId: NetworkId): Decoded {
  return guarded(bytes, bytes.length, (value) => {
    const type = typeOf(value)
    const [, , author, signature, body] = fieldsOf(value)
    signatureOf(signature)
    const id = recordIdOf(canonicalFromWire(type, bytes, networkId))
    return claim(type, id, author, body, bytes, networkId)
  })
}

/**
 * What the wire form of a record says at its beginning of its type and author, for who must put it somewhere before it is decoded.
 * Nothing of it is checked; undefined when it begins otherwise.
 */
export function claimOf(bytes: Uint8Array): { readonly type: string; readonly author: string } | undefined {
  // A list of five: a text of up to 23 bytes (0x60 and its length), a version of one byte, a string of 32 bytes.
  const length = (bytes[1] ?? 0) - 0x60
  const at = 3 + length
  if (bytes[0] !== 0x85 || length < 0 || length > 23 || bytes[at] !== 0x58 || bytes[at + 1] !== 32) return undefined
  return {
    type: String.fromCharCode(...bytes.subarray(2, 2 + length)),
    author: toHex(bytes.subarray(at + 2, at + 34)),
  }
}

/** A record from its canonical bytes [type, version, networkId, author, body], as files keep it. Total: no bytes make it throw. */
export function decodeCanonical(bytes: Uint8Array, signature: Uint8Array, networkId: NetworkId): Decoded {
  return guarded(bytes, bytes.length + WIRE_SURPLUS, (value) => {
    const type = typeOf(value)
    const [, , network, author, body] = fieldsOf(value)
    // ID-03: a record of another network has no effect here.
    if (!(network instanceof Uint8Array) || network.length !== 32) throw new ShapeError('networkId', 'not 32 bytes')
    if (toHex(network) !== networkId) throw new Refused('record/wrong-network', 'signed for another network')
    return claim(
      type,
      recordIdOf(bytes),
      author,
      body,
      wireFromCanonical(type, bytes, signatureOf(signature)),
      networkId,
    )
  })
}

/**
 * A record from the wire form under which it stands in its holder's own log, whose checksum vouches for it: neither the form
 * nor the signature is checked again. Undefined when it is of no type or shape that this version knows. `sha256` is that of
 * raw bytes, as fast as the platform has it.
 */
export function restoreRecord(
  wire: Uint8Array,
  networkId: NetworkId,
  sha256: (bytes: Uint8Array) => Uint8Array,
): HaggleRecord | undefined {
  try {
    const value = decodeKnownCbor(wire)
    const type = typeOf(value)
    const [, , author, signature, body] = fieldsOf(value)
    signatureOf(signature)
    // The brand says: lower-case hexadecimal of a SHA-256.
    const id = nameOf(sha256(canonicalFromWire(type, wire, networkId))) as RecordId
    return claim(type, id, author, body, wire, networkId)
  } catch {
    return undefined
  }
}

/** Carries a violation out of the readers below; never leaves this file. No `Error`, for the reason of `CborError`. */
class Refused {
  readonly code: ViolationCode
  readonly note: string
  constructor(code: ViolationCode, note: string) {
    this.code = code
    this.note = note
  }
}

/** ENC-19: no bytes make it throw. ENC-03: the size is looked at before anything is read. `wireLength` is the length of the record's wire form. */
function guarded(bytes: Uint8Array, wireLength: number, read: (value: Cbor) => HaggleRecord): Decoded {
  if (wireLength > limits.recordBytes) return refused('record/too-large', `${wireLength} bytes`)
  try {
    return { ok: true, unverified: { claimed: read(decodeCanonicalCbor(bytes)) } }
  } catch (error) {
    if (error instanceof Refused) return refused(error.code, error.note)
    if (error instanceof CborError) return refused(`record/${error.defect}`, error.message)
    if (error instanceof ShapeError) return refused('record/shape', error.message)
    throw error
  }
}

function refused(code: ViolationCode, note: string): Decoded {
  return { ok: false, violation: { code, note } }
}

function fieldsOf(value: Cbor): readonly Cbor[] {
  if (!isList(value) || value.length !== 5) throw new ShapeError('record', 'not a list of 5 fields')
  return value
}

/** Version before type, since another version may have other types (ENC-09 to ENC-11). */
function typeOf(value: Cbor): RecordType {
  if (!isList(value) || value.length < 2) throw new ShapeError('record', 'not a list of 5 fields')
  const [type, version] = value
  if (typeof type !== 'string') throw new ShapeError('type', 'not a text')
  if (typeof version !== 'number') throw new ShapeError('version', 'not an integer')
  if (version !== PROTOCOL_VERSION) throw new Refused('record/version', `version ${version}`)
  if (RESERVED.has(type)) throw new Refused('record/reserved-type', `${type} belongs to a later version`)
  // Only own names count: `constructor` and `__proto__` are unknown types like any other.
  if (!isRecordType(type)) throw new Refused('record/unknown-type', 'no such type')
  return type
}

function isRecordType(type: string): type is RecordType {
  return Object.hasOwn(schemas, type)
}

function isList(value: Cbor): value is readonly Cbor[] {
  return Array.isArray(value)
}

function signatureOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== 64) throw new ShapeError('signature', 'not 64 bytes')
  return value
}

/** ENC-12: exactly the schema, every field in its place. */
function claim(
  type: RecordType,
  id: RecordId,
  author: unknown,
  body: unknown,
  wire: Uint8Array,
  networkId: NetworkId,
): HaggleRecord {
  return new HeldRecord({
    ...{ type, id, networkId },
    wire: textOf(wire),
    author: agentKey.decode(author, 'author'),
    body: schemaOf(type).decode(body, type),
    // The type chose the schema that decoded the body, which a mapped type cannot see.
  }) as HaggleRecord
}
