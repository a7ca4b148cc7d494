import { limits } from '@haggle/protocol'
import type { Hello } from '@haggle/ports'
import { multiaddr } from '@multiformats/multiaddr'

/** Bytes of a hello: 64 params and 16 addresses with room to spare. */
export const HELLO_BYTES = 8_192
const PARAMS = 128
const ADDRESSES = 16
const ADDRESS_LENGTH = 256
const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/
const HASH = /^[0-9a-f]{1,128}$/

/** A hello as it travels: with the addresses at which its sender listens. */
export interface WireHello extends Hello {
  readonly addresses: readonly string[]
}

/** The first frame of a stream: JSON, so that a tool of any language can say why two networks do not meet. */
export function helloBytes(hello: Hello, addresses: readonly string[]): Uint8Array {
  const { network, networkId, params, version, time } = hello
  return Buffer.from(
    JSON.stringify({ network, networkId, params, version, time, addresses: addresses.slice(0, ADDRESSES) }),
  )
}

/** NET-17: a hello from outside, or undefined when it is not one. */
export function helloFrom(bytes: Uint8Array): WireHello | undefined {
  if (bytes.length > HELLO_BYTES) return undefined
  const value = parsed(bytes)
  if (!isObject(value)) return undefined
  const { network, networkId, params, version, time, addresses } = value
  if (!isText(network, 128) || !isText(networkId, 128) || !HASH.test(networkId) || !isText(version, 64))
    return undefined
  if (typeof time !== 'number' || !Number.isSafeInteger(time) || !isObject(params)) return undefined
  const numbers = numbersOf(params)
  const texts = addressList(addresses)
  if (numbers === undefined || texts === undefined) return undefined
  return { network, networkId, params: numbers, version, time, addresses: texts }
}

/** The names under which two sets of params differ, sorted. */
export function differingParams(ours: Hello['params'], theirs: Hello['params']): readonly string[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)])
  return [...names].filter((name) => ours[name] !== theirs[name]).toSorted()
}

/** Up to 16 multiaddrs as text, or undefined when it is not a list of texts; texts that are no multiaddrs are left out. */
export function addressList(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > ADDRESSES) return undefined
  const texts = value.filter((text): text is string => isText(text, ADDRESS_LENGTH))
  return texts.length === value.length ? texts.filter(isMultiaddr) : undefined
}

/** JSON of untrusted bytes, or undefined. */
export function parsed(bytes: Uint8Array): unknown {
  if (bytes.length > limits.recordBytes) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isText(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= length
}

export function isMultiaddr(text: string): boolean {
  try {
    multiaddr(text)
    return true
  } catch {
    return false
  }
}

function numbersOf(params: Record<string, unknown>): Record<string, number> | undefined {
  const entries = Object.entries(params)
  if (entries.length > PARAMS) return undefined
  const numbers = entries.filter(
    (entry): entry is [string, number] =>
      NAME.test(entry[0]) && typeof entry[1] === 'number' && Number.isFinite(entry[1]),
  )
  return numbers.length === entries.length ? Object.fromEntries(numbers) : undefined
}
