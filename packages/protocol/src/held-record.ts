import { encodeCanonical } from './cbor-writer.ts'
import { fromHex, textOfCodes } from './hex.ts'
import { PROTOCOL_VERSION } from './params.ts'
import type { BodyOf, RecordType } from './registry.ts'
import type { AgentKey, NetworkId, RecordId } from './units.ts'

/** Bytes of an encoded 32-byte string: its two-byte head and itself. */
const ENCODED_HASH = 34
/** Bytes of an encoded 64-byte string. */
const ENCODED_SIGNATURE = 66
const SIGNATURE_HEAD = Uint8Array.of(0x58, 64)
const HASH_HEAD = Uint8Array.of(0x58, 32)
/** How much longer the wire form is than the canonical form: the signature is sent, the network id is not (ENC-02). */
export const WIRE_SURPLUS = ENCODED_SIGNATURE - ENCODED_HASH

/** What a record is made of. */
export interface RecordParts<T extends RecordType> {
  readonly type: T
  readonly id: RecordId
  readonly author: AgentKey
  readonly body: BodyOf<T>
  /** Its wire form, as `textOf` gives it. */
  readonly wire: string
  readonly networkId: NetworkId
}

/**
 * A record as it is held: its wire form, from which the canonical bytes and the signature are cut when they are asked for, and
 * that as a text of one byte a character. A list of bytes takes two hundred more than it holds, a text a dozen, and an agent
 * holds ten records of each contract.
 */
export class HeldRecord<T extends RecordType> {
  readonly type: T
  readonly id: RecordId
  readonly author: AgentKey
  readonly body: BodyOf<T>
  readonly #wire: string
  readonly #networkId: NetworkId

  constructor({ type, id, author, body, wire, networkId }: RecordParts<T>) {
    this.type = type
    this.id = id
    this.author = author
    this.body = body
    this.#wire = wire
    this.#networkId = networkId
  }

  /** The same record with a body that says the same. */
  sharing(body: BodyOf<T>): HeldRecord<T> {
    const { type, id, author } = this
    return new HeldRecord({ type, id, author, body, wire: this.#wire, networkId: this.#networkId })
  }

  get wire(): Uint8Array {
    return bytesOf(this.#wire)
  }

  get wireLength(): number {
    return this.#wire.length
  }

  get bytes(): Uint8Array {
    return canonicalFromWire(this.type, this.wire, this.#networkId)
  }

  get signature(): Uint8Array {
    const start = headLength(this.type) + ENCODED_HASH + SIGNATURE_HEAD.length
    return bytesOf(this.#wire.slice(start, start + 64))
  }
}

/** The wire form of a record from its canonical bytes, which must already be known to be canonical. */
export function wireFromCanonical(type: RecordType, bytes: Uint8Array, signature: Uint8Array): Uint8Array {
  const head = headLength(type)
  return joined([
    bytes.subarray(0, head),
    bytes.subarray(head + ENCODED_HASH, head + 2 * ENCODED_HASH),
    SIGNATURE_HEAD,
    signature,
    bytes.subarray(head + 2 * ENCODED_HASH),
  ])
}

/** The canonical bytes of a record from its wire form, which must already be known to be canonical. */
export function canonicalFromWire(type: RecordType, wire: Uint8Array, networkId: NetworkId): Uint8Array {
  const head = headLength(type)
  return joined([
    wire.subarray(0, head),
    HASH_HEAD,
    fromHex(networkId),
    wire.subarray(head, head + ENCODED_HASH),
    wire.subarray(head + ENCODED_HASH + ENCODED_SIGNATURE),
  ])
}

/** Characters made at once: what one call takes as arguments without harm. */
const PIECE = 1_024

/** Bytes as a text of one byte a character. */
export function textOf(bytes: Uint8Array): string {
  if (bytes.length <= PIECE) return textOfCodes(bytes)
  const pieces: string[] = []
  for (let at = 0; at < bytes.length; at += PIECE) pieces.push(textOfCodes(bytes.subarray(at, at + PIECE)))
  return pieces.join('')
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at)
  return bytes
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

/** Byte strings one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
