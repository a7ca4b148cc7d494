import { fromString } from 'uint8arrays'

/** The UTF-8 bytes of a text. */
export function utf8(value: string): Uint8Array {
  return fromString(value, 'utf8')
}
