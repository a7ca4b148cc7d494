import type { AgentKey, RecordId } from '@haggle/protocol'

/** The key of a trader: its number, so that keys sort as numbers do. No trader signs anything. */
export function keyOf(trader: number): AgentKey {
  // The brand says: 32 bytes in lower-case hexadecimal.
  return trader.toString(16).padStart(64, '0') as AgentKey
}

/** The id of a thing that a trader numbers: distinct for distinct numbers of one trader. */
export function recordIdOf(trader: number, number: number): RecordId {
  // The brand says: 32 bytes in lower-case hexadecimal.
  return (trader.toString(16).padStart(32, '0') + number.toString(16).padStart(32, '0')) as RecordId
}
