import { createHash } from 'node:crypto'
import { encodeWire, fromHex, HaggleError, restoreRecord, toHex } from '@haggle/protocol'
import type { NetworkId } from '@haggle/protocol'
import type { Job, LogEntry } from '@haggle/core'
import { packText, unpackText } from './row-text.ts'

// The first byte names what follows: a record with its time, any other entry as JSON, or such a record kept as evidence.
const RECORD = 1
const OTHER = 2
const EVIDENCE = 3
/** Kind, time, and the first bytes of the record's id: the wire form does not name its network, the id depends on it. */
const ID_BYTES = 8
const RECORD_HEAD = 9 + ID_BYTES

type Other = Exclude<LogEntry, { readonly kind: 'record' | 'evidence' }>

/** One log entry as bytes of the journal. Records keep their wire form, so that what is sent again is what was signed. */
export function encodeLogEntry(entry: LogEntry): Uint8Array {
  if (entry.kind === 'record' || entry.kind === 'evidence') {
    const wire = encodeWire(entry.record)
    const out = new Uint8Array(RECORD_HEAD + wire.length)
    out[0] = entry.kind === 'record' ? RECORD : EVIDENCE
    new DataView(out.buffer).setBigUint64(1, BigInt(entry.at))
    out.set(fromHex(entry.record.id).subarray(0, ID_BYTES), 9)
    out.set(wire, RECORD_HEAD)
    return out
  }
  const body = packText(JSON.stringify(entry, bytesAsHex))
  const out = new Uint8Array(1 + body.length)
  out[0] = OTHER
  out.set(body, 1)
  return out
}

/**
 * Reads one row of the own log. The journal vouches for its bytes by checksum, so signatures are not verified again; a row
 * that cannot be read means that the log is not whole, and throws `journal/corrupt`, or `journal/other-network`.
 */
export function decodeLogEntry(bytes: Uint8Array, networkId: NetworkId): LogEntry {
  const isRecord = bytes[0] === RECORD || bytes[0] === EVIDENCE
  if (isRecord && bytes.length > RECORD_HEAD) return decodeRecordRow(bytes, networkId)
  if (bytes[0] === OTHER) return decodeOther(bytes.subarray(1))
  throw corrupt('unknown kind of row')
}

/** The type of the record in a row, by a look at its first bytes; undefined: it is no record. */
export function typeOfRow(bytes: Uint8Array): string | undefined {
  if (bytes[0] !== RECORD) return undefined
  // Type names are short: the head of the list, the head of the text with its length, the text.
  const start = RECORD_HEAD + 2
  return new TextDecoder().decode(bytes.subarray(start, start + ((bytes[start - 1] ?? 0) & 31)))
}

function decodeRecordRow(bytes: Uint8Array, networkId: NetworkId): LogEntry {
  const at = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(1))
  if (!Number.isSafeInteger(at)) throw corrupt('a time that no clock shows')
  const record = restoreRecord(bytes.subarray(RECORD_HEAD), networkId, sha256)
  if (record === undefined) throw corrupt('a record of a form that this version does not know')
  if (!record.id.startsWith(toHex(bytes.subarray(9, RECORD_HEAD)))) throw otherNetwork()
  return { kind: bytes[0] === EVIDENCE ? 'evidence' : 'record', at, record }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

function decodeOther(bytes: Uint8Array): Other {
  let value: unknown
  try {
    value = JSON.parse(unpackText(bytes), hexAsBytes)
  } catch (cause) {
    throw corrupt('a row that is not JSON', cause)
  }
  if (!isOther(value)) throw corrupt('an entry of a kind that this version does not know')
  return value
}

/** Checks what a fold over the log relies on; the rest was written by this same codec and is under the journal's checksum. */
function isOther(value: unknown): value is Other {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('at' in value)) return false
  if (!Number.isSafeInteger(value.at)) return false
  switch (value.kind) {
    case 'job':
      return (
        hasId(value, 'task') &&
        'job' in value &&
        isJob(value.job) &&
        'secret' in value &&
        value.secret instanceof Uint8Array
      )
    case 'task-closed':
      return hasId(value, 'task') && 'as' in value && typeof value.as === 'string'
    case 'lapsed':
    case 'overtaken':
      return hasId(value, 'contract')
    case 'rechecked':
      return hasId(value, 'contract') && 'word' in value && typeof value.word === 'string'
    case 'alleged':
      return hasId(value, 'contract') && hasId(value, 'party') && 'fault' in value && typeof value.fault === 'string'
    case 'cool-down':
      return hasId(value, 'peer') && 'until' in value && Number.isSafeInteger(value.until)
    default:
      return false
  }
}

function hasId(value: object, field: string): boolean {
  const id: unknown = Object.entries(value).find(([name]) => name === field)?.[1]
  return typeof id === 'string' && /^[0-9a-f]{64}$/.test(id)
}

function isJob(value: unknown): value is Job {
  return (
    typeof value === 'object' && value !== null && 'key' in value && typeof value.key === 'string' && 'memo' in value
  )
}

// Bytes travel as { "hex": … }; no other field of an entry is an object with that one name. The holder is asked, not the
// value, because a Buffer has turned itself into something else by the time a replacer sees it.
function bytesAsHex(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const raw = this[key]
  return raw instanceof Uint8Array ? { hex: toHex(raw) } : value
}

function hexAsBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('hex' in value) || typeof value.hex !== 'string') return value
  return fromHex(value.hex)
}

function otherNetwork(): HaggleError {
  return new HaggleError('journal/other-network', 'this journal belongs to another network', {
    next: 'Start the agent on the network that it was made for, or under another name.',
  })
}

function corrupt(problem: string, cause?: unknown): HaggleError {
  return new HaggleError('journal/corrupt', `the journal is damaged: ${problem}`, {
    next: 'Restore the directory from a backup, or start under another name: signing on from a damaged log could contradict what was signed before.',
    ...(cause === undefined ? {} : { cause }),
  })
}
