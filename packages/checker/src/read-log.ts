import {
  authenticate,
  decodeWire,
  toHex,
  type AgentKey,
  type HaggleRecord,
  type NetworkId,
  type RecordId,
} from '@haggle/protocol'
import type { CheckInit, StoredRow } from './history.ts'
import { agentIn, jsonOfRow, recordIn } from './row-text.ts'

/** What one row of a log says. */
export type LogRow =
  | { readonly seq: number; readonly kind: 'record'; readonly record: HaggleRecord }
  | { readonly seq: number; readonly kind: 'job'; readonly task: RecordId; readonly key: string }
  | { readonly seq: number; readonly kind: 'task-closed'; readonly task: RecordId }
  | { readonly seq: number; readonly kind: 'lapsed' | 'overtaken'; readonly contract: RecordId }
  | {
      readonly seq: number
      readonly kind: 'alleged'
      readonly contract: RecordId
      readonly party: AgentKey
      readonly fault: string
    }
  /** Nothing that an invariant asks for. */
  | { readonly seq: number; readonly kind: 'other' }
  | { readonly seq: number; readonly kind: 'broken'; readonly reason: string }

// The first byte of a row: a record behind its time and the start of its id, or any other entry as JSON.
const RECORD = 1
const OTHER = 2
// A record of a contract of others: this agent answers for its own.
const EVIDENCE = 3
const ID_AT = 9
const WIRE_AT = 17

/** Reads rows of one network; a record that stands in many logs is verified once. */
export class LogReader {
  readonly #networkId: NetworkId
  readonly #verify: CheckInit['verify']
  readonly #genuine = new Set<string>()

  constructor(networkId: NetworkId, verify: CheckInit['verify']) {
    this.#networkId = networkId
    this.#verify = verify
  }

  read({ seq, bytes }: StoredRow): LogRow {
    if (bytes[0] === RECORD && bytes.length > WIRE_AT) return this.#record(seq, bytes)
    if (bytes[0] === EVIDENCE && bytes.length > WIRE_AT) return { seq, kind: 'other' }
    if (bytes[0] === OTHER) return otherRow(seq, jsonOfRow(bytes.subarray(1)))
    return { seq, kind: 'broken', reason: 'it is of no known kind' }
  }

  #record(seq: number, bytes: Uint8Array): LogRow {
    const decoded = decodeWire(bytes.subarray(WIRE_AT), this.#networkId)
    if (!decoded.ok) return { seq, kind: 'broken', reason: `${decoded.violation.code}: ${decoded.violation.note}` }
    const { claimed } = decoded.unverified
    if (!claimed.id.startsWith(toHex(bytes.subarray(ID_AT, WIRE_AT)))) {
      return { seq, kind: 'broken', reason: 'its record is not the one whose id stands before it' }
    }
    const seal = `${claimed.id}/${toHex(claimed.signature)}`
    if (!this.#genuine.has(seal)) {
      const checked = authenticate(decoded.unverified, this.#verify)
      if (!checked.ok)
        return { seq, kind: 'broken', reason: `${checked.violation.code}: ${claimed.type} ${claimed.id}` }
      this.#genuine.add(seal)
    }
    return { seq, kind: 'record', record: claimed }
  }
}

function otherRow(seq: number, value: unknown): LogRow {
  if (typeof value !== 'object' || value === null) return { seq, kind: 'broken', reason: 'it is not JSON' }
  const fields = new Map<string, unknown>(Object.entries(value))
  const kind = fields.get('kind')
  const contract = recordIn(fields.get('contract'))
  const task = recordIn(fields.get('task'))
  const party = agentIn(fields.get('party'))
  if (kind === 'job' && task !== undefined) return { seq, kind, task, key: keyOf(fields.get('job')) }
  if (kind === 'task-closed' && task !== undefined) return { seq, kind, task }
  if ((kind === 'lapsed' || kind === 'overtaken') && contract !== undefined) return { seq, kind, contract }
  if (kind === 'alleged' && contract !== undefined && party !== undefined)
    return { seq, kind, contract, party, fault: String(fields.get('fault')) }
  return { seq, kind: 'other' }
}

function keyOf(job: unknown): string {
  const key: unknown = typeof job === 'object' && job !== null && 'key' in job ? job.key : undefined
  return typeof key === 'string' ? key : ''
}
