import { toHex, type AgentKey, type RecordId } from '@haggle/protocol'

/** Stands before the raw bytes of an id: JSON never writes it. */
const MARK = 0
const ID_BYTES = 32

/** The JSON value of a row in which every id stands raw behind a mark, or undefined when the bytes are none. */
export function jsonOfRow(bytes: Uint8Array): unknown {
  let text = ''
  let at = 0
  for (let mark = bytes.indexOf(MARK); mark >= 0; mark = bytes.indexOf(MARK, at)) {
    const id = bytes.subarray(mark + 1, mark + 1 + ID_BYTES)
    if (id.length < ID_BYTES) return undefined
    text += latin(bytes.subarray(at, mark)) + toHex(id)
    at = mark + 1 + ID_BYTES
  }
  try {
    return JSON.parse(text + latin(bytes.subarray(at)))
  } catch {
    return undefined
  }
}

/**
 * Bytes of UTF-8 as text of one character each. The structure of JSON and every field that is looked at is ASCII; what a
 * person wrote in another script stays unread, and needs no decoder.
 */
function latin(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** A field of a row as the id of a record, or undefined when it is none. */
export function recordIn(value: unknown): RecordId | undefined {
  // The brand says: 64 digits of lower-case hexadecimal.
  return isId(value) ? (value as RecordId) : undefined
}

/** A field of a row as the key of an agent, or undefined when it is none. */
export function agentIn(value: unknown): AgentKey | undefined {
  // The brand says: 64 digits of lower-case hexadecimal.
  return isId(value) ? (value as AgentKey) : undefined
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}
