import {
  networkIdOf,
  payloadFromText,
  payloadHashOf,
  type HaggleRecord,
  type JsonValue,
  type PayloadHash,
} from '@haggle/protocol'
import type { Verify } from '@haggle/ports'
import { duplicateName } from './duplicate-name.ts'
import { bytesOf, hasExactly, isFields, isList, networkOf, otherParam, recordOf, type Fields } from './fields.ts'

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

function parsed(text: string, verify: Verify): ParsedTaskFile {
  const file = fileOf(text)
  const network = networkOf(file['network'])
  if (!network.ok) throw wrongNetwork(network.reason)
  const { name, params } = network.value
  const init = { networkId: networkIdOf(name, params), verify, hasView: true }
  const list = file['records']
  if (!isList(list) || list.length === 0) throw unreadable('it holds no records')
  if (list.length > TASK_FILE_RECORDS) throw unreadable(`it holds more than ${TASK_FILE_RECORDS} records`)
  const records = list.map((value, index) => {
    const read = recordOf(value, init)
    if (!read.ok) throw new Problem({ kind: 'invalid', record: index + 1, reason: read.reason })
    return read.value
  })
  // Only now: a changed parameter shows as records of another network, which is the truer answer.
  const param = otherParam(network.value)
  if (param !== undefined) throw unreadable(`it was made under another parameter ${param}`)
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
    const delivery = records.findIndex(
      ({ type, body }) => type === 'deliver' && [body.resultHash, body.sealedHash].includes(hash ?? null),
    )
    if (hash === undefined || delivery < 0) throw wrong('no delivery names it', last)
    const bytes = bytesOf(each['bytes'])
    if (bytes === undefined) throw wrong('its bytes are not base64url', delivery + 1)
    if (payloadHashOf(bytes) !== hash) throw wrong('its bytes have another hash', delivery + 1)
    if (payloads.has(hash)) throw wrong('it stands twice', delivery + 1)
    payloads.set(hash, bytes)
  })
  return payloads
}

function unreadable(reason: string): Problem {
  return new Problem({ kind: 'unreadable', reason })
}

/** A network that nothing can be signed for makes the first record wrong, and with it all others. */
function wrongNetwork(reason: string): Problem {
  return new Problem({ kind: 'invalid', record: 1, reason: `the network: ${reason}` })
}
