import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'

/** Lower-case hexadecimal of raw bytes. */
export function toHex(bytes: Uint8Array): string {
  return bytesToHex(bytes)
}

/** Raw bytes of hexadecimal; throws on any other character and on half a byte. */
export function fromHex(hex: string): Uint8Array {
  return hexToBytes(hex)
}
