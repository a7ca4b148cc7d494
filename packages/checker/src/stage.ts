import {
  payloadHashOf,
  type AgentKey,
  type EndName,
  type EntryType,
  type FaultCode,
  type HaggleRecord,
} from '@haggle/protocol'
import type { InvariantId } from './invariants.ts'
import { earliestTimeout } from './clocks.ts'

type Award = HaggleRecord<'award'>
/** An entry that follows another one. */
export type LaterEntry = HaggleRecord<Exclude<EntryType, 'award'>>
/** One way in which a contract may have ended. */
export interface End {
  readonly end: EndName
  readonly fault: FaultCode | null
}

/** Where one branch of a contract stands. */
export type Stage =
  | { readonly kind: 'awarded' }
  | { readonly kind: 'working'; readonly milestone: number }
  | {
      readonly kind: 'review'
      readonly milestone: number
      readonly revision: number
      readonly answer: HaggleRecord<'deliver' | 'failed'>
    }
  /** `blamed`: the delivery whose seal, it is said, cannot be opened. */
  | {
      readonly kind: 'rejected'
      readonly milestone: number
      readonly revision: number
      readonly blamed: HaggleRecord<'deliver'> | null
    }
  | { readonly kind: 'timed-out'; readonly by: AgentKey }
  /** `ends`: where a check decides, the records alone leave more than one. */
  | { readonly kind: 'ended'; readonly ends: readonly End[] }

/** What an entry leads to, or the invariant that it breaks. */
export type Led = { readonly stage: Stage } | { readonly broken: InvariantId; readonly text: string }

/** Design of the contract file, state by state: which entry may leave which, by whom, and where it leads. */
export function led(award: Award, stage: Stage, entry: LaterEntry): Led {
  const pen = penOf(award, stage)
  if (pen === null) return broken('S6', `${entry.type} follows the entry that ended the contract`)
  if (entry.type === 'timeout') return timeout(award, stage, entry, pen)
  if (entry.author !== pen) return broken('S1', `${entry.type} is signed by the party without the pen`)
  if (entry.type === 'cancel') {
    return stage.kind === 'awarded' ? misplaced(entry, stage) : ended({ end: 'cancelled', fault: null })
  }
  switch (stage.kind) {
    case 'awarded':
      if (entry.type === 'accept') return { stage: { kind: 'working', milestone: 0 } }
      return entry.type === 'decline' ? ended({ end: 'declined', fault: null }) : misplaced(entry, stage)
    case 'working':
      return fromWork(stage.milestone, 0, entry, stage)
    case 'rejected':
      if (entry.type === 'concede') return ended({ end: 'breached', fault: 'CONCEDE' })
      if (entry.type === 'unseal') return unsealed(award, stage, entry)
      if (entry.type === 'deliver' && stage.revision >= award.body.terms.revisions)
        return broken('S6', 'a result is delivered again, and the terms leave no revision')
      return entry.type === 'deliver'
        ? fromWork(stage.milestone, stage.revision + 1, entry, stage)
        : misplaced(entry, stage)
    case 'review':
      return fromReview(award, stage, entry)
    case 'timed-out':
    case 'ended':
      return misplaced(entry, stage)
  }
}

/** Who must write next; null when the contract is over. */
export function penOf(award: Award, stage: Stage): AgentKey | null {
  if (stage.kind === 'ended') return null
  if (stage.kind === 'timed-out') return stage.by
  return stage.kind === 'review' ? award.author : award.body.worker
}

function fromWork(milestone: number, revision: number, entry: LaterEntry, stage: Stage): Led {
  if (entry.type !== 'deliver' && entry.type !== 'failed' && entry.type !== 'withdraw') return misplaced(entry, stage)
  if (entry.body.milestone !== milestone)
    return broken('S6', `${entry.type} names milestone ${entry.body.milestone} instead of ${milestone}`)
  if (entry.type === 'withdraw')
    return ended({ end: 'withdrawn', fault: null }, { end: 'withdrawn', fault: 'WITHDRAW' })
  if (entry.type === 'deliver' && entry.body.revision !== revision)
    return broken('S6', `the delivery has revision ${entry.body.revision} instead of ${revision}`)
  return { stage: { kind: 'review', milestone, revision, answer: entry } }
}

function fromReview(award: Award, stage: Stage & { kind: 'review' }, entry: LaterEntry): Led {
  if (entry.type !== 'approve' && entry.type !== 'reject') return misplaced(entry, stage)
  const { milestone, revision, answer } = stage
  if (entry.body.milestone !== milestone)
    return broken('S23', `${entry.type} names milestone ${entry.body.milestone}, and ${milestone} was delivered`)
  const { milestones, revisions } = award.body.terms
  if (entry.type === 'approve') {
    if (answer.type === 'failed') return ended({ end: 'failed', fault: null })
    if (milestone + 1 < milestones.length) return { stage: { kind: 'working', milestone: milestone + 1 } }
    return ended({ end: 'settled', fault: null })
  }
  if (answer.type === 'failed') return ended({ end: 'split', fault: null })
  const isBlamed = entry.body.reason === 'sealed' && award.body.terms.panelSize > 0 && answer.body.sealedHash !== null
  if (revision < revisions || isBlamed)
    return { stage: { kind: 'rejected', milestone, revision, blamed: isBlamed ? answer : null } }
  return finalRejection(award, milestone, answer)
}

/** The key of a seal: whether it opens the seal the bytes say, and the records alone do not. */
function unsealed(award: Award, stage: Stage & { kind: 'rejected' }, entry: HaggleRecord<'unseal'>): Led {
  const { blamed } = stage
  if (blamed === null) return misplaced(entry, stage)
  if (payloadHashOf(entry.body.key) !== blamed.body.keyHash)
    return broken('S6', 'the key is not the one that the delivery names')
  const bad: End = { end: 'breached', fault: 'BAD' }
  const acceptance = award.body.terms.milestones[stage.milestone]?.acceptance
  if (acceptance?.kind === 'hash' && acceptance.hash !== blamed.body.resultHash) return ended(bad)
  return ended(bad, { end: 'breached', fault: 'FALSE_REJECT' }, { end: 'undecided', fault: null })
}

/** The acceptance of the milestone says what a rejection without a revision left can end in. */
function finalRejection(award: Award, milestone: number, answer: HaggleRecord<'deliver'>): Led {
  const acceptance = award.body.terms.milestones[milestone]?.acceptance
  const undecided: End = { end: 'undecided', fault: null }
  const bad: End = { end: 'breached', fault: 'BAD' }
  const falsely: End = { end: 'breached', fault: 'FALSE_REJECT' }
  if (acceptance?.kind === 'schema') return ended(bad, falsely, undecided)
  if (acceptance?.kind !== 'hash') return ended({ end: 'split', fault: null })
  return acceptance.hash === answer.body.resultHash ? ended(falsely, undecided) : ended(bad)
}

function timeout(award: Award, stage: Stage, entry: HaggleRecord<'timeout'>, pen: AgentKey): Led {
  if (stage.kind !== 'working' && stage.kind !== 'review' && stage.kind !== 'rejected') return misplaced(entry, stage)
  if (entry.author === pen) return broken('S1', 'a timeout is signed by the party that it waits for')
  const earliest = earliestTimeout(award, stage)
  if (entry.body.at < earliest)
    return broken('S11', `a timeout is dated ${earliest - entry.body.at} ms before its clock can have run out`)
  return { stage: { kind: 'timed-out', by: entry.author } }
}

function ended(...ends: readonly End[]): Led {
  return { stage: { kind: 'ended', ends } }
}

function misplaced(entry: LaterEntry, stage: Stage): Led {
  return broken('S6', `${entry.type} does not follow from ${stage.kind}`)
}

function broken(invariant: InvariantId, text: string): Led {
  return { broken: invariant, text }
}

/** Ends are compared by whose signature they burden; what is below 3 is nobody's word. */
export function rankOf({ end, fault }: End): number {
  if (fault === 'CONCEDE') return 6
  return {
    undecided: 0,
    lapsed: 1,
    declined: 2,
    breached: 3,
    split: 4,
    void: 5,
    withdrawn: 7,
    cancelled: 8,
    failed: 9,
    settled: 10,
  }[end]
}
