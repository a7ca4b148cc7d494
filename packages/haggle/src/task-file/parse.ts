import {
  agentText,
  authenticate,
  decodeCanonical,
  isNetworkName,
  networkIdOf,
  payloadFromText,
  payloadHashOf,
  protocolParams,
  recordText,
  recordView,
  type HaggleRecord,
  type JsonValue,
  type NetworkId,
  type PayloadHash,
} from '@haggle/protocol'
import type { Verify } from '@haggle/ports'
import { fromString, toString } from 'uint8arrays'
import { duplicateName } from './duplicate-name.ts'

/** The format that this code writes and reads. */
export const TASK_FILE_VERSION = 1
/** Largest file read: every generation of a long task with all its notes is below a tenth of it. */
export const TASK_FILE_BYTES = 67_108_864

/** Most records read: sixteen generations of full contracts; judging takes time quadratic in them. */
export const TASK_FILE_RECORDS = 8_192

/** A file that is no task file at all, or one whose record `record` (counted from 1) or other part is wrong. */
export type TaskFileProblem =
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'invalid'; readonly record: number; readonly reason: string }

/** Records whose bytes, signatures and spelled-out fields agree; their order and links are not looked at yet. */
export interface ParsedTaskFile {
  readonly kind: 'parsed'
  readonly network: string
  readonly records: readonly HaggleRecord[]
  readonly payloads: ReadonlyMap<PayloadHash, Uint8Array>
  /** What the file says that `judge` says; undefined where it says nothing. */
  readonly outcome: JsonValue | undefined
}

/** Reads a task file; never throws. Only `bytes` and `signature` count, and every other field must agree with them. */
export function parseTaskFile(text: string, verify: Verify): ParsedTaskFile | TaskFileProblem {
  try {
    return parsed(text, verify)
  } catch (error) {
    if (error instanceof Problem) return error.problem
    throw error
  }
}

/** Carries a problem out of the readers below; never leaves this file. */
class Problem extends Error {
  readonly problem: TaskFileProblem
  constructor(problem: TaskFileProblem) {
    super(problem.reason)
    this.problem = problem
  }
}

type Fields = { readonly [name: string]: JsonValue }

function parsed(text: string, verify: Verify): ParsedTaskFile {
  const file = fileOf(text)
  const { name, params } = networkOf(file['network'])
  const networkId = networkIdOf(name, params)
  const list = file['records']
  if (!isList(list) || list.length === 0) throw unreadable('it holds no records')
  if (list.length > TASK_FILE_RECORDS) throw unreadable(`it holds more than ${TASK_FILE_RECORDS} records`)
  const records = list.map((value, index) => recordOf(value, index + 1, networkId, verify))
  // Only now: a changed parameter shows as records of another network, which is the truer answer.
  for (const [param, value] of Object.entries(protocolParams)) {
    if (!Object.hasOwn(params, param) || params[param] !== value)
      throw unreadable(`it was made under another parameter ${param}`)
  }
  const payloads = payloadsOf(file['payloads'], records)
  return { kind: 'parsed', network: name, records, payloads, outcome: file['outcome'] }
}

function fileOf(text: string): Fields {
  let file: JsonValue
  try {
    // JSON.parse returns nothing but JSON values.
    file = JSON.parse(text) as JsonValue
  } catch (error) {
    throw unreadable(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!isFields(file) || !('haggle' in file)) throw unreadable('it is not a task file')
  if (file['haggle'] !== TASK_FILE_VERSION) throw unreadable(`it has version ${JSON.stringify(file['haggle'])}`)
  const twice = duplicateName(text)
  if (twice !== undefined) throw unreadable(`the name ${JSON.stringify(twice)} stands twice in one object`)
  const known = ['haggle', 'network', 'records', 'payloads', 'outcome']
  const strange = Object.keys(file).find((name) => !known.includes(name))
  if (strange !== undefined) throw unreadable(`it has a field ${JSON.stringify(strange)} that no task file has`)
  return file
}

function networkOf(value: JsonValue | undefined): {
  readonly name: string
  readonly params: Readonly<Record<string, number>>
} {
  if (value === undefined || !isFields(value) || !hasExactly(value, ['name', 'params']))
    throw wrongNetwork('it is not { name, params }')
  const { name, params } = value
  if (typeof name !== 'string' || !isNetworkName(name)) throw wrongNetwork('its name is no network name')
  if (params === undefined || !isFields(params)) throw wrongNetwork('its parameters are no object')
  const numbers = Object.entries(params).map(([param, number]): readonly [string, number] => {
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0 || Object.is(number, -0)) {
      throw wrongNetwork(`its parameter ${JSON.stringify(param)} is not a whole number`)
    }
    return [param, number]
  })
  return { name, params: Object.fromEntries(numbers) }
}

function recordOf(value: JsonValue, number: number, networkId: NetworkId, verify: Verify): HaggleRecord {
  const wrong = (reason: string): Problem => new Problem({ kind: 'invalid', record: number, reason })
  if (!isFields(value) || !hasExactly(value, ['type', 'id', 'author', 'bytes', 'signature', 'view'])) {
    throw wrong('it is not { type, id, author, bytes, signature, view }')
  }
  const bytes = bytesOf(value['bytes'])
  if (bytes === undefined) throw wrong('its bytes are not base64url')
  const signature = bytesOf(value['signature'])
  if (signature === undefined) throw wrong('its signature is not base64url')
  const decoded = decodeCanonical(bytes, signature, networkId)
  if (!decoded.ok) throw wrong(`${decoded.violation.code}: ${decoded.violation.note}`)
  // The cheap comparisons first: a file that disagrees with itself needs no signature check.
  const { claimed } = decoded.unverified
  if (value['type'] !== claimed.type) throw wrong(`its type is ${claimed.type} and not what the file says`)
  if (value['id'] !== recordText(claimed.id))
    throw wrong(`its id is ${recordText(claimed.id)} and not what the file says`)
  if (value['author'] !== agentText(claimed.author))
    throw wrong(`its author is ${agentText(claimed.author)} and not who the file says`)
  const differing = firstDifference(value['view'] ?? null, recordView(claimed), 'view')
  if (differing !== undefined) throw wrong(`its ${differing} is not what its bytes say`)
  const answer = authenticate(decoded.unverified, verify)
  if (!answer.ok) throw wrong(`${answer.violation.code}: ${answer.violation.note}`)
  return answer.record
}

function payloadsOf(
  value: JsonValue | undefined,
  records: readonly HaggleRecord[],
): ReadonlyMap<PayloadHash, Uint8Array> {
  const payloads = new Map<PayloadHash, Uint8Array>()
  if (value === undefined) return payloads
  if (!isList(value)) throw unreadable('its payloads are no list')
  value.forEach((each, index) => {
    const wrong = (reason: string, number: number): Problem =>
      new Problem({ kind: 'invalid', record: number, reason: `payload ${index + 1}: ${reason}` })
    const last = records.length
    if (!isFields(each) || !hasExactly(each, ['hash', 'bytes'])) throw wrong('it is not { hash, bytes }', last)
    const hash = typeof each['hash'] === 'string' ? payloadFromText(each['hash']) : undefined
    const delivery = records.findIndex((record) => record.type === 'deliver' && record.body.resultHash === hash)
    if (hash === undefined || delivery < 0) throw wrong('no delivery names it', last)
    const bytes = bytesOf(each['bytes'])
    if (bytes === undefined) throw wrong('its bytes are not base64url', delivery + 1)
    if (payloadHashOf(bytes) !== hash) throw wrong('its bytes have another hash', delivery + 1)
    if (payloads.has(hash)) throw wrong('it stands twice', delivery + 1)
    payloads.set(hash, bytes)
  })
  return payloads
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
function bytesOf(value: JsonValue | undefined): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined
  try {
    const bytes = fromString(value, 'base64url')
    return toString(bytes, 'base64url') === value ? bytes : undefined
  } catch {
    return undefined
  }
}

function hasExactly(value: Fields, names: readonly string[]): boolean {
  return Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name))
}

function isFields(value: JsonValue): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function unreadable(reason: string): Problem {
  return new Problem({ kind: 'unreadable', reason })
}

/** A network that nothing can be signed for makes the first record wrong, and with it all others. */
function wrongNetwork(reason: string): Problem {
  return new Problem({ kind: 'invalid', record: 1, reason: `the network: ${reason}` })
}
