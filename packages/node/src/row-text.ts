import { fromHex, toHex } from '@haggle/protocol'

/** An id, hash or key as JSON writes it. */
const ID = /([0-9a-f]{64})/
const ID_DIGITS = 64
const ID_BYTES = 32
/** Stands before the raw bytes of an id: JSON never writes it. */
const MARK = 0
const encoder = new TextEncoder()

/** A JSON text as bytes of the journal, every id in it raw: half of its length, which no compression would save. */
export function packText(text: string): Uint8Array {
  // Between the texts stand the ids that part them.
  const pieces = text.split(ID)
  const ids = (pieces.length - 1) / 2
  const out = new Uint8Array(Buffer.byteLength(text) - ids * (ID_DIGITS - ID_BYTES - 1))
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    if (index % 2 === 0) {
      at += encoder.encodeInto(piece, out.subarray(at)).written
    } else {
      out[at] = MARK
      out.set(fromHex(piece), at + 1)
      at += 1 + ID_BYTES
    }
  }
  return out
}

/** The text that was packed; throws on bytes that no text makes. */
export function unpackText(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let at = 0
  for (let mark = bytes.indexOf(MARK); mark >= 0; mark = bytes.indexOf(MARK, at)) {
    const id = bytes.subarray(mark + 1, mark + 1 + ID_BYTES)
    if (id.length < ID_BYTES) throw new RangeError('a row that was cut')
    text += decoder.decode(bytes.subarray(at, mark)) + toHex(id)
    at = mark + 1 + ID_BYTES
  }
  return text + decoder.decode(bytes.subarray(at))
}
