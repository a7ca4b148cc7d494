import {
  HaggleError,
  restoreRecord,
  sha256Of,
  type AgentKey,
  type HaggleRecord,
  type PayloadHash,
  type RecordId,
} from '@haggle/protocol'
import type { LogEntry, SnapshotPart } from '@haggle/core'
import { pageOf, rowsOf } from '../../../packages/journal/src/page.ts'
import { seqOf, sealed, unsealed } from '../../../packages/journal/src/row.ts'
import { readMemo } from '../../../packages/node/src/job-memo.ts'
import { decodeLogEntry, encodeLogEntry } from '../../../packages/node/src/log-codec.ts'
import { packText, unpackText } from '../../../packages/node/src/row-text.ts'
import {
  decodePart,
  encodeBegin,
  encodeEnd,
  encodePart,
  encodeVoid,
  snapshotRow,
} from '../../../packages/node/src/snapshot-codec.ts'
import { decodeTaxRow, encodeTaxRow } from '../../../packages/node/src/tax-row.ts'
import { networkId } from '../../vectors/seal.ts'
import { mutated, type Material } from '../mutator.ts'
import { mustHold, stateless, type Target } from '../target.ts'
import { vectorBytes } from '../vectors.ts'
import { equal } from './records.ts'

// Any 32 bytes are an id, a key or a hash to the log.
const id = 'ab'.repeat(32) as RecordId & PayloadHash
const at = 1_800_000_000_000
const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value))

/** Rows of the own log: a damaged one is told from a whole one, and never read as another kind of thing. */
export const logRows: Target = {
  name: 'log-rows',
  about: 'rows of the own log',
  open() {
    const records = vectorBytes().goodWires.flatMap((wire) => restoreRecord(wire, networkId, sha256Of) ?? [])
    const material: Material = {
      form: 'binary',
      corpus: [
        ...records.map((record: HaggleRecord) => encodeLogEntry({ kind: 'record', at, record })),
        ...otherRows(),
      ],
      dictionary: ['"kind":"job"', '"kind":"lapsed"', '{"hex":"00"}', '"at":-1'].map(text),
    }
    return stateless((random) => mutated(material, random), readRow)
  },
}

function otherRows(): readonly Uint8Array[] {
  const rows: readonly LogEntry[] = [
    { kind: 'task-closed', at, task: id, as: 'expired' },
    { kind: 'lapsed', at, contract: id },
  ]
  return rows.map(encodeLogEntry)
}

function readRow(bytes: Uint8Array): string {
  let entry: LogEntry
  try {
    entry = decodeLogEntry(bytes, networkId)
  } catch (error) {
    if (error instanceof HaggleError && error.code.startsWith('journal/')) return error.code
    throw error
  }
  const again = decodeLogEntry(encodeLogEntry(entry), networkId)
  mustHold(
    again.kind === entry.kind && again.at === entry.at,
    'a row of the log says something else when it is written again',
  )
  return entry.kind
}

/** Rows of snapshots: what cannot be read is passed over, and what can be is written again as it was. */
export const snapshotRows: Target = {
  name: 'snapshot-rows',
  about: 'rows of snapshots',
  open() {
    const records = vectorBytes().goodWires.flatMap((wire) => restoreRecord(wire, networkId, sha256Of) ?? [])
    const offers = records.flatMap((record) => (record.type === 'offer' ? [record] : []))
    const parts: readonly SnapshotPart[] = [
      { kind: 'spent', keys: ['a', 'b'] },
      { kind: 'ended', contracts: [id] },
      // Any 32 bytes are a key, too.
      { kind: 'page', page: { peer: id as string as AgentKey, settled: 1, newest: 2, outcomes: [] } },
      ...offers.map((offer) => ({ kind: 'offer', offer }) as const),
    ]
    const material: Material = {
      form: 'binary',
      corpus: [encodeBegin(networkId, 7), encodeEnd(3), encodeVoid(0), ...parts.map((part) => encodePart(part).bytes)],
      dictionary: ['{"record":0}', '{"hex":"00"}', '"kind":"deal"', '{"record":9}'].map(text),
    }
    return stateless((random) => mutated(material, random), readSnapshotRow)
  },
}

function readSnapshotRow(bytes: Uint8Array): string {
  const row = snapshotRow(bytes)
  const part = row?.kind === 'part' ? decodePart(bytes, networkId) : undefined
  if (part === undefined) return row === undefined ? 'none' : row.kind
  const again = decodePart(encodePart(part).bytes, networkId)
  mustHold(
    JSON.stringify(again) === JSON.stringify(part),
    'a part of a snapshot says something else when it is written again',
  )
  return part.kind
}

/** What the database gives: pages of rows under a checksum, and the texts within rows. */
export const pages: Target = {
  name: 'pages',
  about: 'pages of rows, their seals, and texts in rows',
  open() {
    const rows = [0, 1, 5, 300].map((length) => new Uint8Array(length).fill(length))
    const packed = packText(JSON.stringify({ event: 'offered', task: id, peer: id, note: 'é' }))
    const corpus = [pageOf(rows), pageOf([]), pageOf(rows.slice(0, 1)), packed, sealed('log/0', pageOf(rows), 3)]
    const material: Material = { form: 'binary', corpus, dictionary: [Uint8Array.of(0)] }
    return stateless(
      (random) => mutated(material, random),
      (bytes) => `${pageIn(bytes)}, ${sealIn(bytes)}, ${textIn(bytes)}`,
    )
  },
}

function pageIn(bytes: Uint8Array): string {
  const rows = rowsOf(bytes)
  if (rows === undefined) return 'no page'
  mustHold(equal(pageOf(rows), bytes), 'a page holds other rows than were written')
  return 'page'
}

function sealIn(bytes: Uint8Array): string {
  const stored = unsealed('log/0', bytes)
  seqOf('log', Buffer.from(bytes).toString('latin1'))
  if (stored === undefined) return 'no seal'
  mustHold(equal(sealed('log/0', stored.bytes, stored.durableEnd), bytes), 'a seal was broken and passes')
  return 'seal'
}

function textIn(bytes: Uint8Array): string {
  let unpacked: string
  try {
    unpacked = unpackText(bytes)
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return 'no text'
    throw error
  }
  readMemo(unpacked)
  // A raw id may stand where its digits would not be packed, such as within a longer number.
  mustHold(unpackText(packText(unpacked)) === unpacked, 'a text is read otherwise than it was written')
  return 'text'
}

/** Rows of the tax: what cannot be read is passed over. */
export const taxRows: Target = {
  name: 'tax-rows',
  about: 'rows of what coordination cost',
  open() {
    const material: Material = {
      form: 'text',
      corpus: [`[["${id}","worker",[0,1,2,300,4],[1,1],[5,0,0,9]],[null,null,[5,1,1]]]`, '[]'].map(text),
    }
    return stateless(
      (random) => mutated(material, random),
      (bytes) => {
        const tasks = decodeTaxRow(bytes)
        const again = decodeTaxRow(encodeTaxRow(tasks))
        mustHold(again.length === tasks.length, 'a row of the tax holds other tasks when it is written again')
        return tasks.length === 0 ? 'none' : 'tasks'
      },
    )
  },
}
