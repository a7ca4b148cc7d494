import { sha256 } from '@noble/hashes/sha2.js'
import { encodeCanonical } from './canonical-cbor.ts'
import { fromHex, toHex } from './hex.ts'
import { limits } from './limits.ts'
import { PROTOCOL_VERSION } from './params.ts'
import { schemas, type BodyOf, type HaggleRecord, type RecordType } from './registry.ts'
import type { Cbor, JsonValue, Schema } from './schema.ts'
import type { AgentKey, NetworkId, PayloadHash, RecordId } from './units.ts'
import { utf8 } from './utf8.ts'

/** Bytes of an encoded 32-byte string: its two-byte head and itself. */
const ENCODED_HASH = 34
/** Bytes of an encoded 64-byte string. */
const ENCODED_SIGNATURE = 66
/** How much longer the wire form is than the canonical form: the signature is sent, the network id is not (ENC-02). */
export const WIRE_SURPLUS = ENCODED_SIGNATURE - ENCODED_HASH

/** Who signs, and for which network. */
export interface RecordOrigin {
  readonly networkId: NetworkId
  readonly author: AgentKey
  /** Ed25519 over exactly these bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** The bytes that an id names: canonical CBOR of [type, version, networkId, author, body] (ENC-01). */
export function canonicalBytes<T extends RecordType>(
  type: T,
  networkId: NetworkId,
  author: AgentKey,
  body: BodyOf<T>,
): Uint8Array {
  return bytesOf(type, networkId, author, schemaOf(type).encode(body))
}

function bytesOf(type: RecordType, networkId: NetworkId, author: AgentKey, body: Cbor): Uint8Array {
  return encodeCanonical([type, PROTOCOL_VERSION, fromHex(networkId), fromHex(author), body])
}

/** The id of a record: SHA-256 of its canonical bytes (ENC-13). */
export function recordIdOf(bytes: Uint8Array): RecordId {
  // The brand says: lower-case hexadecimal of a SHA-256.
  return toHex(sha256(bytes)) as RecordId
}

/** SHA-256 of raw bytes, raw itself. */
export function sha256Of(bytes: Uint8Array): Uint8Array {
  return sha256(bytes)
}

/** The hash of a payload: SHA-256 of its raw bytes (ENC-14). */
export function payloadHashOf(bytes: Uint8Array): PayloadHash {
  // The brand says: lower-case hexadecimal of a SHA-256.
  return toHex(sha256(bytes)) as PayloadHash
}

/** What is signed: "haggle/1/" + type + 0x00 + raw id (ID-04). One domain per type, so no signature serves two types. */
export function signedMessage(type: RecordType, id: RecordId): Uint8Array {
  return joined([utf8(`haggle/${PROTOCOL_VERSION}/${type}\0`), fromHex(id)])
}

/**
 * A new signed record. The body it carries is a copy as others will decode it.
 * Throws `TypeError` when the body does not fit its own schema or limit: that is our bug, never a peer's.
 */
export function createRecord<T extends RecordType>(
  type: T,
  body: BodyOf<T>,
  { networkId, author, sign }: RecordOrigin,
): HaggleRecord<T> {
  let bytes: Uint8Array
  let decoded: BodyOf<T>
  try {
    const encoded = schemaOf(type).encode(body)
    // Checked before it becomes bytes: a lone surrogate would silently turn into another character.
    decoded = schemaOf(type).decode(encoded, type)
    bytes = bytesOf(type, networkId, author, encoded)
  } catch (error) {
    throw new TypeError(`our own ${type} cannot be encoded`, { cause: error })
  }
  if (bytes.length + WIRE_SURPLUS > limits.recordBytes) throw new TypeError(`our own ${type} is too large`)
  const id = recordIdOf(bytes)
  const signature = sign(signedMessage(type, id))
  if (signature.length !== 64) throw new TypeError('a signature has 64 bytes')
  return { type, id, author, body: decoded, bytes, signature }
}

/** The bytes that travel: canonical CBOR of [type, version, author, signature, body] (ENC-02), spliced from the stored bytes: nothing is signed again (ID-10). */
export function encodeWire(record: HaggleRecord): Uint8Array {
  const head = headLength(record.type)
  return joined([
    record.bytes.subarray(0, head),
    record.bytes.subarray(head + ENCODED_HASH, head + 2 * ENCODED_HASH),
    Uint8Array.of(0x58, 64),
    record.signature,
    record.bytes.subarray(head + 2 * ENCODED_HASH),
  ])
}

/** The canonical bytes of a record from its wire form, which must already be known to be canonical. */
export function canonicalFromWire(type: RecordType, wire: Uint8Array, networkId: NetworkId): Uint8Array {
  const head = headLength(type)
  return joined([
    wire.subarray(0, head),
    Uint8Array.of(0x58, 32),
    fromHex(networkId),
    wire.subarray(head, head + ENCODED_HASH),
    wire.subarray(head + ENCODED_HASH + ENCODED_SIGNATURE),
  ])
}

/** The body as people see it: ids as CIDs, keys as PeerIds, bytes as hexadecimal (ENC-15). */
export function recordView<T extends RecordType>(record: HaggleRecord<T>): JsonValue {
  return schemaOf(record.type).view(record.body)
}

/** The schema of a type, with the body's type attached to it. */
export function schemaOf<T extends RecordType>(type: T): Schema<BodyOf<T>> {
  // The registry maps each type to the schema from which BodyOf infers.
  return schemas[type] as Schema<BodyOf<T>>
}

/** Bytes before the first of the two fields in which the forms differ: the list's head, the type and the version. */
function headLength(type: RecordType): number {
  const known = headLengths.get(type)
  if (known !== undefined) return known
  const length = 1 + encodeCanonical(type).length + encodeCanonical(PROTOCOL_VERSION).length
  headLengths.set(type, length)
  return length
}

/** One for each type, found out when it is first met. */
const headLengths = new Map<RecordType, number>()

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
