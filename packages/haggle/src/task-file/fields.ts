import {
  agentText,
  authenticate,
  decodeCanonical,
  isNetworkName,
  protocolParams,
  recordText,
  recordView,
  type HaggleRecord,
  type JsonValue,
  type NetworkId,
} from '@haggle/protocol'
import type { Verify } from '@haggle/ports'
import { fromString, toString } from 'uint8arrays'

/** A JSON object, whoever wrote it. */
export type Fields = { readonly [name: string]: JsonValue }

/** What could be read, or in words why not. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string }

/** The network that a file says it is of, with the parameters that everybody on it agrees on. */
export interface NamedNetwork {
  readonly name: string
  readonly params: Readonly<Record<string, number>>
}

export function networkOf(value: JsonValue | undefined): Read<NamedNetwork> {
  if (value === undefined || !isFields(value) || !hasExactly(value, ['name', 'params']))
    return unread('it is not { name, params }')
  const { name, params } = value
  if (typeof name !== 'string' || !isNetworkName(name)) return unread('its name is no network name')
  if (params === undefined || !isFields(params)) return unread('its parameters are no object')
  const numbers: [string, number][] = []
  for (const [param, number] of Object.entries(params)) {
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0 || Object.is(number, -0))
      return unread(`its parameter ${JSON.stringify(param)} is not a whole number`)
    numbers.push([param, number])
  }
  return { ok: true, value: { name, params: Object.fromEntries(numbers) } }
}

/** A parameter of this program that a network has otherwise, or not at all. */
export function otherParam({ params }: NamedNetwork): string | undefined {
  return Object.entries(protocolParams).find(
    ([param, value]) => !Object.hasOwn(params, param) || params[param] !== value,
  )?.[0]
}

/** A record of a file, which verifies alone; with a view where its file shows one, and every spelled-out field as its bytes say. */
export function recordOf(
  value: JsonValue,
  { networkId, verify, hasView }: { readonly networkId: NetworkId; readonly verify: Verify; readonly hasView: boolean },
): Read<HaggleRecord> {
  const names = ['type', 'id', 'author', 'bytes', 'signature', ...(hasView ? ['view'] : [])]
  if (!isFields(value) || !hasExactly(value, names)) return unread(`it is not { ${names.join(', ')} }`)
  const bytes = bytesOf(value['bytes'])
  if (bytes === undefined) return unread('its bytes are not base64url')
  const signature = bytesOf(value['signature'])
  if (signature === undefined) return unread('its signature is not base64url')
  const decoded = decodeCanonical(bytes, signature, networkId)
  if (!decoded.ok) return unread(`${decoded.violation.code}: ${decoded.violation.note}`)
  // The cheap comparisons first: a file that disagrees with itself needs no signature check.
  const { claimed } = decoded.unverified
  if (value['type'] !== claimed.type) return unread(`its type is ${claimed.type} and not what the file says`)
  if (value['id'] !== recordText(claimed.id))
    return unread(`its id is ${recordText(claimed.id)} and not what the file says`)
  if (value['author'] !== agentText(claimed.author))
    return unread(`its author is ${agentText(claimed.author)} and not who the file says`)
  const differing = hasView ? firstDifference(value['view'] ?? null, recordView(claimed), 'view') : undefined
  if (differing !== undefined) return unread(`its ${differing} is not what its bytes say`)
  const answer = authenticate(decoded.unverified, verify)
  if (!answer.ok) return unread(`${answer.violation.code}: ${answer.violation.note}`)
  return { ok: true, value: answer.record }
}

/** Where two JSON values first differ; names and numbers are compared exactly. */
export function firstDifference(said: JsonValue, true_: JsonValue, path: string): string | undefined {
  if (isList(said) && isList(true_)) {
    if (said.length !== true_.length) return path
    return firstOf(true_.map((each, index) => [`${path}[${index}]`, said[index] ?? null, each] as const))
  }
  if (isFields(said) && isFields(true_)) {
    if (!hasExactly(said, Object.keys(true_))) return path
    return firstOf(Object.entries(true_).map(([name, each]) => [`${path}.${name}`, said[name] ?? null, each] as const))
  }
  return Object.is(said, true_) ? undefined : path
}

function firstOf(pairs: readonly (readonly [string, JsonValue, JsonValue])[]): string | undefined {
  for (const [path, said, true_] of pairs) {
    const differing = firstDifference(said, true_, path)
    if (differing !== undefined) return differing
  }
  return undefined
}

/** Decoders forgive padding and loose last characters: only the one text that these bytes are written as counts. */
export function bytesOf(value: JsonValue | undefined): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined
  try {
    const bytes = fromString(value, 'base64url')
    return toString(bytes, 'base64url') === value ? bytes : undefined
  } catch {
    return undefined
  }
}

export function hasExactly(value: Fields, names: readonly string[]): boolean {
  return Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name))
}

export function isFields(value: JsonValue): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function unread<T>(reason: string): Read<T> {
  return { ok: false, reason }
}
