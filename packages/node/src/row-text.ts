import { fromHex, toHex } from '@haggle/protocol'

/** An id, hash or key as JSON writes it. */
const ID = /[0-9a-f]{64}/g
const ID_BYTES = 32
/** Stands before the raw bytes of an id: JSON never writes it. */
const MARK = 0

/** A JSON text as bytes of the journal, every id in it raw: half of its length, which no compression would save. */
export function packText(text: string): Uint8Array {
  const encoder = new TextEncoder()
  const parts: Uint8Array[] = []
  let at = 0
  for (const { 0: id, index } of text.matchAll(ID)) {
    parts.push(encoder.encode(text.slice(at, index)), Uint8Array.of(MARK), fromHex(id))
    at = index + id.length
  }
  parts.push(encoder.encode(text.slice(at)))
  return new Uint8Array(Buffer.concat(parts))
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
