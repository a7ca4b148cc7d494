import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { isEntry, isNote } from '../contract/machine.ts'
import type { EntryRecord, NoteRecord, VoteRecord } from '../contract/contract.ts'
import { seqOf } from '../contract/tree.ts'

type Award = HaggleRecord<'award'>

/**
 * FILE-01: the one order of a task file: offer, its witness set, bids by id, then per generation the reopening, the award, its entries
 * by seq (of one seq by id), each followed by the notes and then the votes on it by id, and the closings by author. What has no place
 * comes last.
 */
export function inFileOrder(records: readonly HaggleRecord[]): HaggleRecord[] {
  const byId = new Map<RecordId, HaggleRecord>(records.map((record) => [record.id, record]))
  const sorted = records.toSorted(byIdOrder)
  const awards = sorted.filter((record) => record.type === 'award')
  const placed: HaggleRecord[] = [
    ...sorted.filter((record) => record.type === 'offer'),
    ...sorted.filter((record) => record.type === 'witness-set'),
    ...sorted.filter((record) => record.type === 'bid'),
  ]
  for (const generation of generationsOf(sorted)) {
    placed.push(...sorted.filter((record) => record.type === 'reopening' && record.body.generation === generation))
    for (const award of awards) {
      if (award.body.generation === generation) placed.push(...contractInOrder(award, sorted, byId))
    }
  }
  const known = new Set(placed.map((record) => record.id))
  return [...placed, ...sorted.filter((record) => !known.has(record.id))]
}

function contractInOrder(
  award: Award,
  sorted: readonly HaggleRecord[],
  byId: ReadonlyMap<RecordId, HaggleRecord>,
): HaggleRecord[] {
  const mine = sorted.filter((record) => 'contract' in record.body && record.body.contract === award.id)
  const entries: EntryRecord[] = [award, ...mine.filter(isEntry)].toSorted(
    (a, b) => seqOf(a) - seqOf(b) || byIdOrder(a, b),
  )
  const said = new Map<RecordId, (NoteRecord | VoteRecord)[]>()
  for (const record of [...mine.filter(isNote), ...mine.filter((each) => each.type === 'vote')]) {
    const place = placeOf(record, award, byId)
    const known = said.get(place)
    if (known === undefined) said.set(place, [record])
    else known.push(record)
  }
  const closings = mine
    .filter((record) => record.type === 'closing')
    .toSorted((a, b) => (a.author === b.author ? byIdOrder(a, b) : a.author < b.author ? -1 : 1))
  return [...entries.flatMap((entry) => [entry, ...(said.get(entry.id) ?? [])]), ...closings]
}

/** The entry that a note or a vote is on: the one it names, or names through an opening or a slot; one that names none is on the award. */
function placeOf(note: NoteRecord | VoteRecord, award: Award, byId: ReadonlyMap<RecordId, HaggleRecord>): RecordId {
  let id = award.id
  if (note.type === 'receipt') id = note.body.entry
  if (note.type === 'opening') id = note.body.accept
  if (note.type === 'heartbeat') id = note.body.opening
  if (note.type === 'ask' || note.type === 'vote') id = note.body.slot.entry
  const named = byId.get(id)
  const entry = named?.type === 'opening' ? byId.get(named.body.accept) : named
  if (entry === undefined || !isEntry(entry)) return award.id
  const isOurs = entry.type === 'award' ? entry.id === award.id : entry.body.contract === award.id
  return isOurs ? entry.id : award.id
}

function generationsOf(records: readonly HaggleRecord[]): number[] {
  const generations = new Set<number>()
  for (const record of records) {
    if (record.type === 'award' || record.type === 'reopening') generations.add(record.body.generation)
  }
  return [...generations].toSorted((a, b) => a - b)
}

function byIdOrder(a: HaggleRecord, b: HaggleRecord): number {
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1
}
