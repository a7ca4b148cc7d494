import type { UnverifiedRecord } from './decode-record.ts'
import { fromHex } from './hex.ts'
import { signedMessage } from './record.ts'
import type { HaggleRecord } from './registry.ts'
import type { AgentKey } from './units.ts'
import type { Violation } from './violation.ts'

/** A record whose signature is genuine, or the violation of whoever sent it. */
export type Authenticated =
  { readonly ok: true; readonly record: HaggleRecord } | { readonly ok: false; readonly violation: Violation }

/** 2^255 - 19, little-endian. */
const FIELD_PRIME = littleEndian('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed')
/** The order of the base point, little-endian. */
const GROUP_ORDER = littleEndian('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed')
/**
 * The y coordinates of the eight points of small order. Each stands for both signs of x: with either sign the encoding is a
 * point of small order or not canonical at all.
 */
const SMALL_ORDER = [
  littleEndian('0000000000000000000000000000000000000000000000000000000000000000'),
  littleEndian('0000000000000000000000000000000000000000000000000000000000000001'),
  littleEndian('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec'),
  littleEndian('05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826'),
  littleEndian('7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7'),
]

/**
 * The one place where a claim becomes a record. The pre-check comes first, because libraries disagree about crafted
 * keys and signatures; what passes it is answered alike by every cofactorless verifier (ID-05 to ID-08).
 */
export function authenticate(
  unverified: UnverifiedRecord,
  verify: (key: AgentKey, message: Uint8Array, signature: Uint8Array) => boolean,
): Authenticated {
  const { claimed } = unverified
  const { signature } = claimed
  // ID-05: the key is a canonical encoding of a point that is not of small order.
  if (!isStrictKey(claimed.author)) return refused('record/key', 'not a canonical key of full order')
  // ID-06: the same for R, and S is below the group order, so that nobody can make a second signature out of one.
  if (!isStrictPoint(signature.subarray(0, 32))) return refused('record/signature', 'R is not canonical')
  if (!isBelow(signature.subarray(32), GROUP_ORDER)) return refused('record/signature', 'S is not canonical')
  // ID-07: Ed25519 over the domain of the record's own type.
  if (!verify(claimed.author, signedMessage(claimed.type, claimed.id), signature)) {
    return refused('record/signature', 'the signature does not verify')
  }
  return { ok: true, record: claimed }
}

/** ID-05: whether signatures of a key count at all: its encoding is canonical, and the point not of small order. */
export function isStrictKey(key: AgentKey): boolean {
  return isStrictPoint(fromHex(key))
}

function refused(code: 'record/key' | 'record/signature', note: string): Authenticated {
  return { ok: false, violation: { code, note } }
}

function isStrictPoint(encoded: Uint8Array): boolean {
  const y = encoded.slice()
  // The top bit is the sign of x; y is the rest.
  y[31] = (y[31] ?? 0) & 0x7f
  if (!isBelow(y, FIELD_PRIME)) return false
  return !SMALL_ORDER.some((point) => point.every((byte, index) => byte === y[index]))
}

/** Compares two little-endian numbers of 32 bytes; everything here is public, so time may vary. */
function isBelow(value: Uint8Array, bound: Uint8Array): boolean {
  for (let index = 31; index >= 0; index -= 1) {
    const difference = (value[index] ?? 0) - (bound[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function littleEndian(hex: string): Uint8Array {
  return fromHex(hex).toReversed()
}
