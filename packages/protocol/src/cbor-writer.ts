import type { Cbor } from './schema.ts'
import { utf8 } from './utf8.ts'

const UNSIGNED = 0
const NEGATIVE = 1
const BYTES = 2
const TEXT = 3
const LIST = 4
const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6

/** The one canonical encoding of a value (ENC-05): definite lengths, shortest heads. Measured first, so that it is written in place. */
export function encodeCanonical(value: Cbor): Uint8Array {
  const out = new Uint8Array(lengthOf(value))
  write(out, 0, value)
  return out
}

function lengthOf(value: Cbor): number {
  if (typeof value === 'number') return headLength(argumentOf(value))
  if (typeof value === 'string') {
    const length = isAscii(value) ? value.length : utf8(value).length
    return headLength(length) + length
  }
  if (value instanceof Uint8Array) return headLength(value.length) + value.length
  if (value === null || typeof value === 'boolean') return 1
  let length = headLength(value.length)
  for (const item of value) length += lengthOf(item)
  return length
}

/** Writes a value and returns where the next one begins. */
function write(out: Uint8Array, at: number, value: Cbor): number {
  if (typeof value === 'number') return writeHead(out, at, value < 0 ? NEGATIVE : UNSIGNED, argumentOf(value))
  if (typeof value === 'string') return writeText(out, at, value)
  if (value instanceof Uint8Array) {
    const start = writeHead(out, at, BYTES, value.length)
    out.set(value, start)
    return start + value.length
  }
  if (value === null || typeof value === 'boolean') {
    out[at] = value === null ? NULL : value ? TRUE : FALSE
    return at + 1
  }
  let next = writeHead(out, at, LIST, value.length)
  for (const item of value) next = write(out, next, item)
  return next
}

function writeText(out: Uint8Array, at: number, text: string): number {
  if (!isAscii(text)) {
    const bytes = utf8(text)
    const start = writeHead(out, at, TEXT, bytes.length)
    out.set(bytes, start)
    return start + bytes.length
  }
  const start = writeHead(out, at, TEXT, text.length)
  for (let index = 0; index < text.length; index += 1) out[start + index] = text.charCodeAt(index)
  return start + text.length
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false
  return true
}

/** What the head of an integer says: of a negative one how far it is below -1. */
function argumentOf(value: number): number {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is not of the data model`)
  return value < 0 ? -1 - value : value
}

function headLength(argument: number): number {
  if (argument < 24) return 1
  if (argument < 0x100) return 2
  if (argument < 0x1_0000) return 3
  return argument < 0x1_0000_0000 ? 5 : 9
}

function writeHead(out: Uint8Array, at: number, major: number, argument: number): number {
  const bytes = headLength(argument) - 1
  if (bytes === 0) {
    out[at] = major * 32 + argument
    return at + 1
  }
  // 24, 25, 26 and 27 stand for an argument of 1, 2, 4 and 8 bytes.
  out[at] = major * 32 + 24 + Math.log2(bytes)
  let left = argument
  for (let place = at + bytes; place > at; place -= 1) {
    out[place] = left % 256
    left = Math.floor(left / 256)
  }
  return at + bytes + 1
}
