import { fromHex, HaggleError, recordText, type HaggleRecord, type NetworkId, type RecordId } from '@haggle/protocol'
import { orderTaskRecords, type LogEntry } from '@haggle/core'
import type { Journal } from '@haggle/ports'
import { decodeLogEntry, typeOfRow } from './log-codec.ts'

/** A task as the log names it. */
interface Found {
  readonly task: RecordId
  readonly contracts: readonly RecordId[]
}

/**
 * Records of a task that has left memory, in the order of a task file; none when the log does not hold it. `id` is the key of
 * its job, or any unique suffix of its id or of that of a contract. The log is read twice. Throws `contract/ambiguous`.
 */
export async function archivedRecords(
  journal: Journal,
  networkId: NetworkId,
  id: string,
): Promise<readonly HaggleRecord[]> {
  const found = await findTask(journal, networkId, id)
  if (found === undefined) return []
  const { task, contracts } = found
  const needles = [task, ...contracts].map((each) => Buffer.from(fromHex(each)))
  const records: HaggleRecord[] = []
  for await (const { bytes } of journal.read('log')) {
    // The task's own offer is the one record of it that does not name it.
    const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (typeOfRow(bytes) !== 'offer' && !needles.some((needle) => row.includes(needle))) continue
    const entry = decodeLogEntry(bytes, networkId)
    if (entry.kind === 'record' && isOf(entry.record, found)) records.push(entry.record)
  }
  return orderTaskRecords(records)
}

async function findTask(journal: Journal, networkId: NetworkId, id: string): Promise<Found | undefined> {
  const contractsOf = new Map<RecordId, RecordId[]>()
  const meant = new Set<RecordId>()
  let byKey: RecordId | undefined
  for await (const { bytes } of journal.read('log')) {
    const type = typeOfRow(bytes)
    // Rows that are no records are few and short; of records only these two give names.
    if (type !== undefined && type !== 'offer' && type !== 'award') continue
    const entry = decodeLogEntry(bytes, networkId)
    if (entry.kind === 'job' && entry.job.key === id) byKey = entry.task
    for (const task of named(entry, id)) meant.add(task)
    if (entry.kind !== 'record' || entry.record.type !== 'award') continue
    const { task } = entry.record.body
    contractsOf.set(task, [...(contractsOf.get(task) ?? []), entry.record.id])
  }
  if (byKey === undefined && meant.size > 1) throw ambiguous(id, meant.size)
  const [task] = byKey === undefined ? meant : [byKey]
  return task === undefined ? undefined : { task, contracts: contractsOf.get(task) ?? [] }
}

/** The task that an entry makes known under this end of an id. */
function named(entry: LogEntry, id: string): readonly RecordId[] {
  if (entry.kind !== 'record' || id === '' || !recordText(entry.record.id).endsWith(id)) return []
  const { record } = entry
  return record.type === 'award' ? [record.body.task] : [record.id]
}

function isOf({ id, body }: HaggleRecord, { task, contracts }: Found): boolean {
  if (id === task || ('task' in body && body.task === task)) return true
  return 'contract' in body && contracts.includes(body.contract)
}

function ambiguous(id: string, count: number): HaggleError {
  return new HaggleError('contract/ambiguous', `${count} ids end with "${id}"`, {
    next: 'Give more of the end of the id.',
  })
}
