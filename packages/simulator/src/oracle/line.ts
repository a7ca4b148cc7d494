import { withArticle } from './article.ts'
import {
  payloadHashOf,
  type AgentKey,
  type EndName,
  type EntryType,
  type FaultCode,
  type HaggleRecord,
  type RecordId,
} from '@haggle/protocol'

/** A linked record of a contract. */
export type Entry = HaggleRecord<EntryType>
export type LaterEntry = Exclude<Entry, HaggleRecord<'award'>>

/** Where a contract stands after one of its entries, as the specification has it. */
export type Spot =
  | { readonly at: 'asked' }
  | { readonly at: 'works'; readonly milestone: number; readonly revision: number }
  | {
      readonly at: 'reviewed'
      readonly milestone: number
      readonly revision: number
      readonly answer: HaggleRecord<'deliver' | 'failed'>
    }
  /** `last`: no revision is left; `blamed`: the delivery whose seal, it is said, cannot be opened. */
  | {
      readonly at: 'rejected'
      readonly milestone: number
      readonly revision: number
      readonly last: boolean
      readonly blamed: HaggleRecord<'deliver'> | null
    }
  /** `next`: the milestone that begins where a panel certifies that a review was silent. */
  | { readonly at: 'ran-out'; readonly by: AgentKey; readonly next: number | null }
  /** `end` is null where a check that is not the onlooker's decides. */
  | { readonly at: 'over'; readonly end: EndName | null; readonly fault: FaultCode | null }

/** An entry with the place that it leads to. */
export interface Placed {
  readonly entry: Entry
  readonly spot: Spot
}

/** Records of the contract by id, as far as the log holds them. */
type Find = (id: RecordId) => HaggleRecord | undefined

/** Where an entry leads that follows another; a sentence says why it follows from nothing. */
export function placeOf(award: HaggleRecord<'award'>, before: Placed, entry: LaterEntry, find: Find): Spot | string {
  const { spot } = before
  if (spot.at === 'over') return 'it follows an entry that ended the contract'
  if (entry.body.contract !== award.id) return 'it follows an entry of another contract'
  const seq = before.entry.type === 'award' ? 0 : before.entry.body.seq
  if (entry.body.seq !== seq + 1) return `it has seq ${entry.body.seq} after ${seq}`
  const pen = penAt(award, spot)
  if (entry.type === 'timeout') return ranOut(award, before, entry, pen)
  if (entry.author !== pen) return 'its author did not hold the pen'
  if (spot.at === 'asked') return answerToAward(entry)
  if (entry.type === 'cancel') return cancelled(award, entry, find)
  if (spot.at === 'ran-out') {
    if (spot.next === null) return `${withArticle(entry.type)} after a clock had run out`
    return placeOf(award, deemed(before), entry, find)
  }
  if ('milestone' in entry.body && entry.body.milestone !== spot.milestone)
    return `it is about milestone ${entry.body.milestone} and not ${spot.milestone}`
  if (spot.at === 'reviewed') return review(award, spot, entry)
  return entry.type === 'unseal' ? unsealed(award, spot, entry) : work(spot, entry)
}

/** Whose turn it is. */
export function penAt(award: HaggleRecord<'award'>, spot: Spot): AgentKey | null {
  if (spot.at === 'over') return null
  if (spot.at === 'ran-out') return spot.by
  return spot.at === 'reviewed' ? award.author : award.body.worker
}

function answerToAward(entry: LaterEntry): Spot | string {
  if (entry.type === 'accept') return { at: 'works', milestone: 0, revision: 0 }
  return entry.type === 'decline' ? over('declined') : `${withArticle(entry.type)} does not answer an award`
}

function work(spot: Spot & { at: 'works' | 'rejected' }, entry: LaterEntry): Spot | string {
  const again = spot.at === 'rejected'
  const revision = again ? spot.revision + 1 : spot.revision
  if (entry.type === 'deliver') {
    if (again && spot.last) return 'no revision was left'
    if (entry.body.revision !== revision) return `it has revision ${entry.body.revision} and not ${revision}`
    return { at: 'reviewed', milestone: spot.milestone, revision, answer: entry }
  }
  if (entry.type === 'failed' && !again) return { at: 'reviewed', milestone: spot.milestone, revision, answer: entry }
  if (entry.type === 'withdraw' && !again) return over('withdrawn')
  if (entry.type === 'concede' && again) return over('breached', 'CONCEDE')
  return `${withArticle(entry.type)} answers no ${again ? 'rejection' : 'duty to deliver'}`
}

function review(award: HaggleRecord<'award'>, spot: Spot & { at: 'reviewed' }, entry: LaterEntry): Spot | string {
  const { milestones, revisions } = award.body.terms
  const { milestone, revision, answer } = spot
  if (entry.type === 'approve') {
    if (answer.type === 'failed') return over('failed')
    if (milestone === milestones.length - 1) return over('settled')
    return { at: 'works', milestone: milestone + 1, revision: 0 }
  }
  if (entry.type !== 'reject') return `${withArticle(entry.type)} does not answer a delivery`
  if (answer.type === 'failed') return over('split')
  const isBlamed = entry.body.reason === 'sealed' && award.body.panel.length > 0 && answer.body.sealedHash !== null
  const last = revision >= revisions
  if (!last || isBlamed) return { at: 'rejected', milestone, revision, last, blamed: isBlamed ? answer : null }
  const acceptance = milestones[milestone]?.acceptance
  if (acceptance?.kind === 'requester' || acceptance?.kind === 'jury') return over('split')
  if (acceptance?.kind !== 'hash') return { at: 'over', end: null, fault: null }
  if (answer.body.resultHash !== acceptance.hash) return over('breached', 'BAD')
  const said = entry.body.reason === 'check' || entry.body.reason === 'opinion'
  return said ? over('breached', 'FALSE_REJECT') : over('undecided')
}

/** The key of a seal is shown: its bytes say what it opens. */
function unsealed(
  award: HaggleRecord<'award'>,
  spot: Spot & { at: 'works' | 'rejected' },
  entry: HaggleRecord<'unseal'>,
): Spot | string {
  const blamed = spot.at === 'rejected' ? spot.blamed : null
  if (blamed === null) return 'nobody said anything of a seal'
  if (payloadHashOf(entry.body.key) !== blamed.body.keyHash) return 'the key is another than the delivery names'
  const acceptance = award.body.terms.milestones[spot.milestone]?.acceptance
  if (acceptance?.kind === 'hash' && acceptance.hash !== blamed.body.resultHash) return over('breached', 'BAD')
  return { at: 'over', end: null, fault: null }
}

/** Where the work goes on after a review that was certified to be silent. */
function deemed(before: Placed): Placed {
  const { spot, entry } = before
  if (spot.at !== 'ran-out' || spot.next === null) return before
  return { entry, spot: { at: 'works', milestone: spot.next, revision: 0 } }
}

function ranOut(
  award: HaggleRecord<'award'>,
  before: Placed,
  entry: HaggleRecord<'timeout'>,
  pen: AgentKey | null,
): Spot | string {
  const { spot } = deemed(before)
  const duty = { works: 'delivery', reviewed: 'review', rejected: 'rework' }
  if (spot.at !== 'works' && spot.at !== 'reviewed' && spot.at !== 'rejected') return 'no clock ran that could run out'
  if (entry.author === pen) return 'nobody runs out of time by his own word'
  if (entry.author !== award.author && entry.author !== award.body.worker) return 'its author is no party'
  if (entry.body.duty !== duty[spot.at] || entry.body.slot !== before.entry.id) return 'it names another duty'
  if (entry.body.milestone !== spot.milestone) return 'it names another milestone'
  const next = spot.at === 'reviewed' && spot.answer.type === 'deliver' ? spot.milestone + 1 : null
  const goesOn = next !== null && award.body.panel.length > 0 && next < award.body.terms.milestones.length
  return { at: 'ran-out', by: entry.author, next: goesOn ? next : null }
}

/** Both sides signed that they want it: one asked, the other wrote or agreed in time. */
function cancelled(award: HaggleRecord<'award'>, entry: HaggleRecord<'cancel'>, find: Find): Spot | string {
  const named = find(entry.body.request)
  if (named?.type !== 'cancel-req' && named?.type !== 'agree') return 'it names no request and no agreement'
  if (named.body.contract !== award.id || named.author === entry.author) return 'the other side did not agree'
  const { epsilonMs, deltaMs } = award.body.terms.timers
  if (entry.body.at > named.body.at + 2 * deltaMs + 2 * epsilonMs) return 'the request had lapsed'
  return over('cancelled')
}

function over(end: EndName, fault: FaultCode | null = null): Spot {
  return { at: 'over', end, fault }
}

const heights: Readonly<Record<EndName, number>> = {
  ...{ undecided: 0, lapsed: 1, declined: 2, breached: 3, split: 4, void: 5 },
  ...{ withdrawn: 7, cancelled: 8, failed: 9, settled: 10 },
}

/** 3 §4: how high an end stands; of two the higher one counts. */
export function heightOf(end: EndName | null, fault: FaultCode | null): number {
  if (end === null) return -1
  return fault === 'CONCEDE' ? 6 : heights[end]
}
