import { encodeCanonical, fromHex, sha256Of, toHex, type AgentKey, type RecordId, type Slot } from '@haggle/protocol'
import { slotIdOf } from '../witness/slot.ts'

/** In the name of a fault that stands on the whole contract. */
const NO_SLOT = new Uint8Array(32)

/**
 * VER-09: SHA-256 of the canonical CBOR of ["haggle/fault", contract, party, slot id or 32 zero bytes]. One slot can have many valid
 * certificates: they are the evidence of a fault and not its name.
 */
export function faultIdOf(contract: RecordId, party: AgentKey, slot: Slot | null): RecordId {
  const place = slot === null ? NO_SLOT : fromHex(slotIdOf(contract, slot))
  const content = ['haggle/fault', fromHex(contract), fromHex(party), place]
  // The brand says: lower-case hexadecimal of 32 bytes, which a SHA-256 in hexadecimal is.
  return toHex(sha256Of(encodeCanonical(content))) as RecordId
}
