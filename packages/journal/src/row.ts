import { createHash } from 'node:crypto'
import type { JournalTable } from '@haggle/ports'
import type { PayloadHash } from '@haggle/protocol'

/** Every table of the port. */
export const tables: readonly JournalTable[] = ['log', 'events', 'tax', 'snapshot']

/** What the log says as well: damage there is told to who reads it, and keeps nobody from opening the journal. */
export const derived: ReadonlySet<JournalTable> = new Set(['snapshot'])

/** Bytes of SHA-256 before each page: 64 bits miss one damaged row in 10^19, and cost one microsecond. */
const CHECKSUM_BYTES = 8
/** The checksum, and how far the table was durable. */
const HEADER_BYTES = CHECKSUM_BYTES + 8
/** Digits of 2^53 - 1: keys of one table sort as their numbers do. */
const SEQ_DIGITS = 16

/** Key of a page: the number of its first row. */
export function pageKey(table: JournalTable, seq: number): string {
  return `${table}/${seq.toString().padStart(SEQ_DIGITS, '0')}`
}

/** First key after all rows of a table. */
export function tableEnd(table: JournalTable): string {
  return `${table}0`
}

/** Number of the first row of a page by its key, or undefined when it is no page of this table. */
export function seqOf(table: JournalTable, key: string): number | undefined {
  const digits = key.slice(table.length + 1)
  if (!key.startsWith(`${table}/`) || digits.length !== SEQ_DIGITS || !/^\d+$/.test(digits)) return undefined
  const seq = Number(digits)
  return Number.isSafeInteger(seq) ? seq : undefined
}

/** Key that holds the number of the first row that was not pruned. */
export function floorKey(table: JournalTable): string {
  return `floor/${table}`
}

/** Key of a small payload. */
export function payloadKey(hash: PayloadHash): string {
  return `payload/${hash}`
}

/** What a stored value says. */
export interface Stored {
  readonly bytes: Uint8Array
  /** One past the last row of its table that was durable when this was written. */
  readonly durableEnd: number
}

/** A value as stored: its checksum covers the key too, so that one in the wrong place is noticed. */
export function sealed(key: string, bytes: Uint8Array, durableEnd: number): Uint8Array {
  const value = new Uint8Array(HEADER_BYTES + bytes.length)
  new DataView(value.buffer).setBigUint64(CHECKSUM_BYTES, BigInt(durableEnd))
  value.set(bytes, HEADER_BYTES)
  value.set(checksum(key, value.subarray(CHECKSUM_BYTES)))
  return value
}

/** A stored value, or undefined when its checksum does not match. */
export function unsealed(key: string, value: Uint8Array): Stored | undefined {
  if (value.length < HEADER_BYTES) return undefined
  // A copy: what the database hands out may share its memory with the rows beside it.
  const body = new Uint8Array(value.subarray(CHECKSUM_BYTES))
  const sum = checksum(key, body)
  if (!sum.every((byte, index) => value[index] === byte)) return undefined
  const durableEnd = Number(new DataView(body.buffer).getBigUint64(0))
  return { bytes: body.subarray(HEADER_BYTES - CHECKSUM_BYTES), durableEnd }
}

/** The first bytes of SHA-256 over a key and what stands under it. */
export function checksum(key: string, bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(key).update('\0').update(bytes).digest().subarray(0, CHECKSUM_BYTES)
}
