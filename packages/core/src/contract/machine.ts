import {
  entryTypes,
  limits,
  noteTypes,
  type HaggleRecord,
  type RecordId,
  type RecordType,
  type ViolationCode,
} from '@haggle/protocol'
import type { RefusalCode } from '../refusal.ts'
import { isBound } from './bound.ts'
import {
  hasPanel,
  otherParty,
  partyOf,
  type Contract,
  type EntryRecord,
  type NoteRecord,
  type VoteRecord,
} from './contract.ts'
import { faultOf, nobodysFault } from './ends.ts'
import { follow, lapsed } from './transition.ts'
import { readTree } from './tree.ts'
import { panelNoteProblem, voteProblem, type Problem } from './panel-notes.ts'

/** Conflicting entries kept as evidence in one contract: one convicts, more add nothing. */
const FORKS_KEPT = 8

/** What one record did to a contract. Only `added` changes anything. */
export type Step = { readonly kind: 'added'; readonly contract: Contract } | { readonly kind: 'known' } | Problem

const entries: ReadonlySet<RecordType> = new Set<RecordType>(entryTypes)
const notes: ReadonlySet<RecordType> = new Set<RecordType>(noteTypes)

export function isEntry(record: HaggleRecord): record is EntryRecord {
  return entries.has(record.type)
}

export function isNote(record: HaggleRecord): record is NoteRecord {
  return notes.has(record.type)
}

/** Adds any record that a contract is folded of; null for every other type. */
export function addRecord(contract: Contract, record: HaggleRecord): Step | null {
  if (isEntry(record)) return addEntry(contract, record)
  if (isNote(record)) return addNote(contract, record)
  return record.type === 'vote' ? addVote(contract, record) : null
}

/**
 * Adds one authenticated entry: author, pen, prev, seq, generation, milestone and revision are checked against the branch it
 * continues. Whether it came in time by our own clock is the caller's question.
 */
export function addEntry(contract: Contract, entry: EntryRecord): Step {
  if (contract.nodes.has(entry.id)) return { kind: 'known' }
  if (entry.type === 'award') return refused('contract/unknown', 'an award begins a contract of its own')
  const stranger = notOfThisContract(contract, entry)
  if (stranger !== null) return stranger
  // CON-05: an entry whose prev is missing waits, it is never dropped.
  const parent = contract.nodes.get(entry.body.prev)
  if (parent === undefined) return { kind: 'parked' }
  const followed = follow(contract, parent, entry)
  if (followed.kind !== 'stage') return followed
  if (contract.nodes.size >= limits.entriesPerContract)
    return refused('entry/full', 'the contract holds too many entries')
  const nodes = new Map<RecordId, { entry: EntryRecord; stage: typeof followed.stage }>(contract.nodes)
  nodes.set(entry.id, { entry, stage: followed.stage })
  const read = readTree({ ...contract, nodes })
  if (read.forks.length > FORKS_KEPT) return refused('entry/full', 'the fork is proven already')
  return { kind: 'added', contract: withPrice({ ...contract, nodes, ...read }) }
}

/**
 * CON-47: adds one authenticated vote of a member of the panel. It is a record of the contract, and neither entry nor note: it moves no
 * pen, but what it certifies decides which branch counts.
 */
export function addVote(contract: Contract, vote: VoteRecord): Step {
  const step = placeVote(contract, vote)
  return step.kind === 'added' ? { kind: 'added', contract: readAgain(step.contract) } : step
}

/** The same without reading the branches again: for who adds many, and reads once behind the last of them. */
export function placeVote(contract: Contract, vote: VoteRecord): Step {
  if (contract.votes.some((known) => known.id === vote.id)) return { kind: 'known' }
  const problem = voteProblem(contract, vote)
  return problem ?? { kind: 'added', contract: { ...contract, votes: contract.votes.concat(vote) } }
}

/** With a panel votes and notes can change what a TIMEOUT comes to. */
export function readAgain(contract: Contract): Contract {
  return withPrice(hasPanel(contract) && hasTimeout(contract) ? { ...contract, ...readTree(contract) } : contract)
}

function hasTimeout({ nodes }: Contract): boolean {
  for (const { entry } of nodes.values()) if (entry.type === 'timeout') return true
  return false
}

/** Adds one authenticated note. Notes move no pen; one that names a record which is not here yet is parked. */
export function addNote(contract: Contract, note: NoteRecord): Step {
  if (contract.notes.some((known) => known.id === note.id)) return { kind: 'known' }
  const stranger = notOfThisContract(contract, note)
  if (stranger !== null) return stranger
  const own = contract.notes.filter((known) => known.author === note.author)
  if (own.length >= limits.notesPerContract) return refused('note/full', 'too many notes by this party')
  const problem = problemOf(contract, note)
  if (problem !== null) return problem
  const opening = note.type === 'opening' ? earlier(contract.opening, note) : contract.opening
  return { kind: 'added', contract: readAgain({ ...contract, notes: contract.notes.concat(note), opening }) }
}

/** CON-16: a withdrawal is a fault only of a worker that was bound; notes that come later may still show that it was. */
function withPrice(contract: Contract): Contract {
  const { stage } = contract
  if (stage.kind !== 'ended' || stage.by.type !== 'withdraw' || stage.outcome.end !== 'withdrawn') return contract
  const outcome = isBound(contract) ? faultOf('withdrawn', contract.worker, 'WITHDRAW') : nobodysFault('withdrawn')
  return { ...contract, stage: { ...stage, outcome } }
}

/** CON-01: only the two parties write, in this contract, under its own generation. */
function notOfThisContract(
  contract: Contract,
  record: Exclude<EntryRecord, HaggleRecord<'award'>> | NoteRecord,
): Problem | null {
  if (record.body.contract !== contract.award.id)
    return refused('contract/unknown', 'the record is of another contract')
  if (partyOf(contract, record.author) === null)
    return violation('role/not-party', 'the author is no party to this contract')
  if (record.body.generation !== contract.award.body.generation) {
    return violation(
      'generation/old',
      `generation ${record.body.generation} in a contract of ${contract.award.body.generation}`,
    )
  }
  return null
}

/** CON-08: a note is made by the party whose word it is, about a record that the other party made. */
function problemOf(contract: Contract, note: NoteRecord): Problem | null {
  const role = partyOf(contract, note.author)
  switch (note.type) {
    case 'receipt':
      return receiptProblem(contract, note)
    case 'opening': {
      if (role !== 'requester') return unfounded('only the requester opens')
      const accept = contract.nodes.get(note.body.accept)
      if (accept === undefined) return { kind: 'parked' }
      return accept.entry.type === 'accept' ? null : unfounded('an opening names an accept')
    }
    case 'heartbeat':
      if (role !== 'worker') return unfounded('only the worker holds a lease')
      return namedNote(contract, note.body.opening, 'opening')
    case 'fenced':
      return role === 'requester' ? null : unfounded('only the requester fences')
    case 'cancel-req':
      return null
    case 'agree': {
      const missing = namedNote(contract, note.body.request, 'cancel-req')
      if (missing !== null) return missing
      const request = contract.notes.find((known) => known.id === note.body.request)
      if (request?.author !== otherParty(contract, note.author)) return unfounded('nobody agrees with himself')
      return lapsed(contract, request.body.at, note.body.at) ? refused('note/late', 'the request had lapsed') : null
    }
    case 'revived':
    case 'challenge':
    case 'alive':
    case 'ask':
    case 'held':
      return panelNoteProblem(contract, note)
  }
}

function receiptProblem(contract: Contract, note: HaggleRecord<'receipt'>): Problem | null {
  const entry = contract.nodes.get(note.body.entry)?.entry
  const named = entry ?? contract.notes.find((known) => known.id === note.body.entry)
  if (named === undefined) return { kind: 'parked' }
  if (entry === undefined && named.type !== 'opening') return unfounded('a receipt names an entry or an opening')
  return named.author === note.author ? unfounded('nobody receipts his own word') : null
}

function namedNote(contract: Contract, id: RecordId, type: NoteRecord['type']): Problem | null {
  const named = contract.notes.find((known) => known.id === id)
  if (named === undefined) return { kind: 'parked' }
  return named.type === type ? null : unfounded(`the note names no ${type}`)
}

function earlier(known: HaggleRecord<'opening'> | null, next: HaggleRecord<'opening'>): HaggleRecord<'opening'> {
  if (known === null) return next
  const difference = known.body.at - next.body.at
  if (difference !== 0) return difference < 0 ? known : next
  return known.id < next.id ? known : next
}

function unfounded(note: string): Problem {
  return violation('note/unfounded', note)
}

function refused(refusal: RefusalCode, note: string): Problem {
  return { kind: 'refused', refusal, note }
}

function violation(code: ViolationCode, note: string): Problem {
  return { kind: 'violation', violation: { code, note } }
}
