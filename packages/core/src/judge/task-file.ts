import type { HaggleRecord } from '@haggle/protocol'
import { inFileOrder } from './file-order.ts'
import { withoutBrokenChains } from './chain-problems.ts'
import { fileProblems, placeProblems } from './file-problems.ts'

/** The answer to a task file: valid, or the first record that makes it invalid, by its index in the file. */
export type FileCheck = { readonly ok: true } | { readonly ok: false; readonly index: number; readonly reason: string }

/**
 * The records of one task as its file holds them: in the one order, and only what belongs there and stands on records that
 * are there. What cannot be shown whole is left out, so the result is always valid.
 */
export function orderTaskRecords(records: readonly HaggleRecord[]): HaggleRecord[] {
  const first = records.find((record) => record.type === 'offer')
  if (first === undefined) return []
  const unique = [...new Map(records.map((record) => [record.id, record])).values()]
  let kept = unique.filter((record) => record.type !== 'offer' || record.id === first.id)
  for (;;) {
    // What has no place here breaks nobody's chain.
    const bad = new Set(placeProblems(kept).map((problem) => problem.record.id))
    const left = bad.size > 0 ? kept.filter((record) => !bad.has(record.id)) : withoutBrokenChains(kept)
    if (left.length === kept.length) return inFileOrder(kept)
    kept = left
  }
}

/**
 * FILE-02: whether these authenticated records, in this order, are a task file: one offer first, nothing twice, nothing out
 * of place, nothing foreign, and every record that another one names. Its last records, notes and closings may be missing.
 */
export function checkTaskRecords(records: readonly HaggleRecord[]): FileCheck {
  if (records.length === 0) return invalid(0, 'the file holds no record')
  if (records[0]?.type !== 'offer') return invalid(0, 'the first record is not an offer')
  const seen = new Set<string>()
  for (const [index, record] of records.entries()) {
    if (seen.has(record.id)) return invalid(index, 'the record stands twice in the file')
    seen.add(record.id)
    if (index > 0 && record.type === 'offer') return invalid(index, 'a task file holds one offer')
  }
  const place = new Map(records.map((record, index) => [record.id, index]))
  const problems = fileProblems(records).map(({ record, reason }) => ({ index: place.get(record.id) ?? 0, reason }))
  const [first] = problems.toSorted((a, b) => a.index - b.index)
  if (first !== undefined) return invalid(first.index, first.reason)
  const misplaced = inFileOrder(records).findIndex((record, index) => record.id !== records[index]?.id)
  return misplaced < 0 ? { ok: true } : invalid(misplaced, 'the records are not in the order of a task file')
}

function invalid(index: number, reason: string): FileCheck {
  return { ok: false, index, reason }
}
