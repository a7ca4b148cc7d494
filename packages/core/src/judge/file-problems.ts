import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { isEntry, isNote } from '../contract/machine.ts'
import { awardProblem } from './award-terms.ts'
import { chainProblems } from './chain-problems.ts'
import { foldContract, type Leftover } from './fold.ts'

/** One record that does not belong in a task file, or not without another one that is missing. */
export interface FileProblem {
  readonly record: HaggleRecord
  readonly reason: string
}

interface Contents {
  readonly offer: HaggleRecord<'offer'>
  readonly set: HaggleRecord<'witness-set'> | null
  readonly byId: ReadonlyMap<RecordId, HaggleRecord>
  readonly awards: readonly HaggleRecord<'award'>[]
  readonly reopenings: readonly HaggleRecord<'reopening'>[]
}

/** FILE-03: every record whose place, author, link or terms the other records of the file do not bear out. */
export function fileProblems(records: readonly HaggleRecord[]): FileProblem[] {
  return [...placeProblems(records), ...chainProblems(records).map(({ record, reason }) => ({ record, reason }))]
}

/** The same, whatever the chains of their authors are. */
export function placeProblems(records: readonly HaggleRecord[]): FileProblem[] {
  const offer = records.find((record) => record.type === 'offer')
  if (offer === undefined) return records.map((record) => ({ record, reason: 'there is no offer' }))
  const { witnessSet } = offer.body.terms
  const contents: Contents = {
    offer,
    set: records.filter((record) => record.type === 'witness-set').find(({ id }) => id === witnessSet) ?? null,
    byId: new Map(records.map((record) => [record.id, record])),
    awards: records.filter((record) => record.type === 'award'),
    reopenings: records.filter((record) => record.type === 'reopening'),
  }
  const problems: FileProblem[] = []
  for (const record of records) {
    const reason = problemOf(contents, record)
    if (reason !== null) problems.push({ record, reason })
  }
  for (const award of contents.awards) {
    problems.push(
      ...foldContract(award, records).leftovers.map(({ record, step }) => ({ record, reason: reasonOf(step) })),
    )
  }
  return problems
}

function problemOf(contents: Contents, record: HaggleRecord): string | null {
  switch (record.type) {
    case 'offer':
      return null
    case 'bid':
      // FILE-04: of all bids only the awarded ones belong: the other side need not hold the rest.
      return contents.awards.some((award) => award.body.bid === record.id)
        ? null
        : 'no award of this file names the bid'
    case 'witness-set':
      return record.id === contents.set?.id ? null : 'the offer names another witness set, or none'
    case 'vote':
      return contents.awards.some((award) => award.id === record.body.contract) ? null : 'its award is not in the file'
    case 'reopening':
      return reopeningProblem(contents, record)
    case 'award':
      return awardLinkProblem(contents, record)
    case 'closing':
      return closingProblem(contents, record)
    default:
      if (!isEntry(record) && !isNote(record)) return `a task file holds no ${record.type}`
      if (!contents.awards.some((award) => award.id === record.body.contract)) return 'its award is not in the file'
      if (record.type === 'fenced') return missing(contents, record.body.proof)
      return null
  }
}

function reopeningProblem(contents: Contents, record: HaggleRecord<'reopening'>): string | null {
  const { offer, awards, reopenings } = contents
  const { generation, task, reason, proof } = record.body
  if (record.author !== offer.author || task !== offer.id) return 'only the author of the offer reopens its task'
  if (generation < 2) return 'the first generation is begun by the offer'
  const twin = reopenings.find((other) => other.id !== record.id && other.body.generation === generation)
  if (twin !== undefined && twin.id < record.id) return 'the generation is begun twice'
  const needsProof = reason === 'declined' || reason === 'withdrawn' || reason === 'ended'
  if (needsProof && proof === null) return `a reopening because the contract was ${reason} names its proof`
  // FILE-05: who won a later generation need not hold the contracts before it; who holds one holds what ended it.
  // A certificate is named by its slot, which is no record; its votes are judged, and may be missing.
  const isHeld = awards.some((award) => award.body.generation === generation - 1)
  return isHeld && reason !== 'certificate' ? missing(contents, proof) : null
}

function awardLinkProblem(contents: Contents, award: HaggleRecord<'award'>): string | null {
  const { offer, byId, reopenings } = contents
  const bid = byId.get(award.body.bid)
  if (bid?.type !== 'bid') return 'its bid is not in the file'
  const { generation, prev } = award.body
  if (generation === 1 && prev !== offer.id) return 'the first award follows the offer'
  if (generation > 1 && !reopenings.some((each) => each.id === prev && each.body.generation === generation)) {
    return 'the reopening that it follows is not in the file'
  }
  return awardProblem(award, offer, bid, contents.set)
}

function closingProblem(contents: Contents, closing: HaggleRecord<'closing'>): string | null {
  const award = contents.awards.find((each) => each.id === closing.body.contract)
  if (award === undefined) return 'its award is not in the file'
  if (closing.author !== award.author && closing.author !== award.body.worker) return 'only a party closes a contract'
  for (const other of contents.byId.values()) {
    const isTwin = other.type === 'closing' && other.author === closing.author && other.body.contract === award.id
    if (isTwin && other.id < closing.id) return 'each party closes a contract once'
  }
  for (const id of closing.body.evidence) {
    const reason = missing(contents, id)
    if (reason !== null) return reason
  }
  return null
}

function missing(contents: Contents, id: RecordId | null): string | null {
  return id === null || contents.byId.has(id) ? null : 'it names a record that is not in the file'
}

function reasonOf(step: Leftover['step']): string {
  switch (step.kind) {
    case 'parked':
      return 'it names a record that is not in the file'
    case 'known':
      return 'the record stands twice in the file'
    case 'refused':
      return `${step.refusal}: ${step.note}`
    case 'violation':
      return `${step.violation.code}: ${step.violation.note}`
  }
}
