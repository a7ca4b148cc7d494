import { hexToBytes } from '@noble/hashes/utils.js'

const DIGITS = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))
const NAME_BYTES = 32
/** Room for the digits of one name: nearly all that is made hexadecimal here is one. */
const nameCodes = Array.from({ length: 2 * NAME_BYTES }, () => 0)
/** Bytes whose digits are made into a text at once: what one call takes as arguments without harm. */
const PIECE = 256

/** Lower-case hexadecimal of raw bytes. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length <= PIECE) return pieceOf(bytes)
  const pieces: string[] = []
  for (let at = 0; at < bytes.length; at += PIECE) pieces.push(pieceOf(bytes.subarray(at, at + PIECE)))
  return pieces.join('')
}

/** Names remembered for whoever meets them again: many times those of the contracts that begin at the same moment. */
const REMEMBERED = 4_096
const remembered: string[] = Array.from({ length: REMEMBERED }, () => '')

/**
 * The hexadecimal of an id, a key or a hash. A name that was met lately is the same text again: records of one contract name
 * each other and their authors over and over, and a text of its own for each would be most of what is held of them.
 */
export function nameOf(bytes: Uint8Array): string {
  // Hashes and keys are as good as random: their first bytes say where to look, and who meets there twice is only forgotten.
  const place = ((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)) % REMEMBERED
  const known = remembered[place]
  if (known !== undefined && isHexOf(known, bytes)) return known
  const name = toHex(bytes)
  remembered[place] = name
  return name
}

function isHexOf(hex: string, bytes: Uint8Array): boolean {
  if (hex.length !== bytes.length * 2) return false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (hex.charCodeAt(2 * at) !== DIGITS[byte >> 4] || hex.charCodeAt(2 * at + 1) !== DIGITS[byte & 15]) return false
  }
  return true
}

/** Raw bytes of hexadecimal; throws on any other character and on half a byte. */
export function fromHex(hex: string): Uint8Array {
  return hexToBytes(hex)
}

/** Made in one piece: a text that grows by two letters is kept by engines as a tree of them, ten times its own size. */
function pieceOf(bytes: Uint8Array): string {
  const codes = bytes.length === NAME_BYTES ? nameCodes : Array.from({ length: bytes.length * 2 }, () => 0)
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    codes[2 * at] = DIGITS[byte >> 4] ?? 0
    codes[2 * at + 1] = DIGITS[byte & 15] ?? 0
  }
  return textOfCodes(codes)
}

/** The text of one byte a character that some bytes spell; not spread into the call, which walks them one by one. */
export function textOfCodes(codes: ArrayLike<number>): string {
  const text: string = Reflect.apply(String.fromCharCode, undefined, codes)
  return text
}
