import { sha256 } from '@noble/hashes/sha2.js'
import { encodeCanonical } from './cbor-writer.ts'
import { fromHex, nameOf, toHex } from './hex.ts'
import { HeldRecord, joined, textOf, WIRE_SURPLUS, wireFromCanonical } from './held-record.ts'
import { limits } from './limits.ts'
import { PROTOCOL_VERSION } from './params.ts'
import { schemas, type BodyOf, type HaggleRecord, type RecordType } from './registry.ts'
import type { Cbor, JsonValue, Schema } from './schema.ts'
import type { AgentKey, NetworkId, PayloadHash, RecordId } from './units.ts'
import { utf8 } from './utf8.ts'

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
  return nameOf(sha256(bytes)) as RecordId
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
  const wire = textOf(wireFromCanonical(type, bytes, signature))
  return new HeldRecord({ type, id, author, body: decoded, wire, networkId })
}

/** The bytes that travel: canonical CBOR of [type, version, author, signature, body] (ENC-02), as they are held: nothing is signed again (ID-10). */
export function encodeWire(record: HaggleRecord): Uint8Array {
  return record.wire
}

/** The same record with a body that says the same in fewer places of memory: parts of it are shared with other records. */
export function sharingBody<T extends RecordType>(record: HaggleRecord<T>, body: BodyOf<T>): HaggleRecord<T> {
  // A held record of a type is that member of the union, which is lost when the compiler sees the class alone.
  return record instanceof HeldRecord ? (record.sharing(body) as HaggleRecord<T>) : record
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
