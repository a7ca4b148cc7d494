import type { HaggleRecord } from '@haggle/protocol'
import {
  openContract,
  type Contract,
  type EntryRecord,
  type NoteRecord,
  type VoteRecord,
} from '../contract/contract.ts'
import { addRecord, isEntry, isNote, placeVote, readAgain, type Step } from '../contract/machine.ts'
import { seqOf } from '../contract/tree.ts'

/** A record that found no place in its contract, and what the machine said to it. */
export interface Leftover {
  readonly record: HaggleRecord
  readonly step: Exclude<Step, { kind: 'added' }>
}

export interface Folded {
  readonly contract: Contract
  readonly leftovers: readonly Leftover[]
}

/** Folds one contract's records, whatever their order: what waits for another record is tried again until nothing moves. */
export function foldContract(award: HaggleRecord<'award'>, records: readonly HaggleRecord[]): Folded {
  const mine = records.filter((record) => 'contract' in record.body && record.body.contract === award.id)
  let contract = openContract(award)
  const refused: Leftover[] = []
  let waiting = inOrderOfFolding(mine)
  for (;;) {
    const parked: FoldedRecord[] = []
    for (const record of waiting) {
      const step = record.type === 'vote' ? placeVote(contract, record) : addRecord(contract, record)
      if (step === null) continue
      if (step.kind === 'added') contract = step.contract
      else if (step.kind === 'parked') parked.push(record)
      else refused.push({ record, step })
    }
    if (parked.length === waiting.length || parked.length === 0) {
      return {
        contract: contract.votes.length === 0 ? contract : readAgain(contract),
        leftovers: [...refused, ...parked.map((record) => ({ record, step: { kind: 'parked' } as const }))],
      }
    }
    waiting = parked
  }
}

type FoldedRecord = EntryRecord | NoteRecord | VoteRecord

/** Entries by seq and id, then notes and votes by time and id, so that a bound always falls on the same records. */
function inOrderOfFolding(records: readonly HaggleRecord[]): FoldedRecord[] {
  const entries = records.filter(isEntry).toSorted((a, b) => seqOf(a) - seqOf(b) || (a.id < b.id ? -1 : 1))
  const notes = records.filter(isNote).toSorted(byTime)
  const votes = records.filter((record) => record.type === 'vote').toSorted(byTime)
  return [...entries, ...notes, ...votes]
}

function byTime(a: NoteRecord | VoteRecord, b: NoteRecord | VoteRecord): number {
  return a.body.at - b.body.at || (a.id < b.id ? -1 : 1)
}
