import {
  encodeCanonical,
  fromHex,
  sha256Of,
  toHex,
  type HaggleRecord,
  type RecordId,
  type Slot,
} from '@haggle/protocol'

/** The name of one slot of one contract: lower-case hexadecimal of 32 bytes. */
export type SlotId = RecordId

/** WIT-05: SHA-256 of the canonical CBOR of ["haggle/slot", contract, entry, duty, milestone, k]. */
export function slotIdOf(contract: RecordId, { entry, duty, milestone, k }: Slot): SlotId {
  const content = ['haggle/slot', fromHex(contract), fromHex(entry), duty, milestone, k]
  // The brand says: lower-case hexadecimal of 32 bytes, which a SHA-256 in hexadecimal is.
  return toHex(sha256Of(encodeCanonical(content))) as SlotId
}

/**
 * WIT-06: a witness signs one of TIMELY and ABSENT in a slot, and at most one LATE in its sub-slot beside it: two votes with one
 * such key and different ids are a proof against their author.
 */
export function voteKeyOf(vote: Pick<HaggleRecord<'vote'>, 'body'>): string {
  const { contract, slot, verdict } = vote.body
  return `${slotIdOf(contract, slot)}/${verdict === 'late' ? 'late' : 'main'}`
}
