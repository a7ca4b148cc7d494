import { fromString, toString } from 'uint8arrays'

/** Lower-case hexadecimal of raw bytes. */
export function toHex(bytes: Uint8Array): string {
  return toString(bytes, 'base16')
}

/** Raw bytes of lower-case hexadecimal; throws on any other character. */
export function fromHex(hex: string): Uint8Array {
  return fromString(hex, 'base16')
}
