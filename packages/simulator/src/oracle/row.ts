import { toHex, type HaggleRecord } from '@haggle/protocol'
import type { SeenRow } from './observer.ts'

// The first byte of a row of the log: a record with its time and the beginning of its id, any other entry as packed JSON, or such a record
// of a contract of others.
const RECORD = 1
const OTHER = 2
const EVIDENCE = 3
const RECORD_HEAD = 17
const ID_BYTES = 32

/** Reads a row as it stands on disk, with no code of those who wrote it. */
export function readRow(
  table: 'log' | 'events' | 'tax' | 'snapshot',
  seq: number,
  bytes: Uint8Array,
  recordOf: (wire: Uint8Array) => HaggleRecord | undefined,
): SeenRow {
  // What a snapshot says the log says, and that is what is looked at.
  if (table === 'tax' || table === 'snapshot') return { table, seq, bytes, kind: 'other' }
  if (table === 'events') return { table, seq, bytes, kind: 'event', event: () => objectOf(bytes) ?? {} }
  if (bytes[0] === RECORD || bytes[0] === EVIDENCE) {
    const record = recordOf(bytes.subarray(RECORD_HEAD))
    if (record !== undefined) return { table, seq, bytes, kind: bytes[0] === RECORD ? 'record' : 'evidence', record }
  }
  const entry = bytes[0] === OTHER ? objectOf(bytes.subarray(1)) : undefined
  return entry === undefined ? { table, seq, bytes, kind: 'unread' } : { table, seq, bytes, kind: 'entry', entry }
}

const decoder = new TextDecoder()

/** JSON in which every id stands as a zero and its raw bytes. */
function objectOf(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  let text = ''
  let at = 0
  for (let mark = bytes.indexOf(0); mark >= 0; mark = bytes.indexOf(0, at)) {
    text += decoder.decode(bytes.subarray(at, mark)) + toHex(bytes.subarray(mark + 1, mark + 1 + ID_BYTES))
    at = mark + 1 + ID_BYTES
  }
  try {
    const value: unknown = JSON.parse(text + decoder.decode(bytes.subarray(at)))
    // An object that is no list is a record of names.
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
