import {
  payloadHashOf,
  type AgentKey,
  type HaggleRecord,
  type Milestone,
  type Outcome,
  type RecordId,
  type Violation,
  type ViolationCode,
} from '@haggle/protocol'
import type { RefusalCode } from '../refusal.ts'
import { BROKEN_LINK, isLink } from './chain-link.ts'
import {
  dutyStage,
  otherParty,
  penAfter,
  type Contract,
  type EntryNode,
  type EntryRecord,
  type Stage,
} from './contract.ts'
import { checkByHash, endOfRejection, faultOf, nobodysFault } from './ends.ts'
import { blamedDelivery, blamesSeal } from './seal.ts'
import { dutyOf } from './slots.ts'
import { ackMs, earliestDueAfter, graceMs } from './timing.ts'

/** What following one entry leads to: a stage, or the reason why it leads nowhere. */
export type Followed =
  | { readonly kind: 'stage'; readonly stage: Stage }
  | { readonly kind: 'parked' }
  | { readonly kind: 'refused'; readonly refusal: RefusalCode; readonly note: string }
  | { readonly kind: 'violation'; readonly violation: Violation }

type LaterEntry = Exclude<EntryRecord, HaggleRecord<'award'>>

/** The stage after `entry`, whose prev is the entry of `parent`. Looks at nothing but that branch and the notes it names. */
export function follow(contract: Contract, parent: EntryNode, entry: LaterEntry): Followed {
  const stage = dutyStage(contract, parent)
  if (stage.kind === 'ended') return refused('contract/ended', 'nothing follows the entry that ended the contract')
  // CON-04: seq counts the entries of one branch.
  const seq = parent.entry.type === 'award' ? 0 : parent.entry.body.seq
  if (entry.body.seq !== seq + 1) return violation('entry/bad-seq', `seq ${entry.body.seq} follows ${seq}`)
  const pen = penAfter(contract, stage)
  if (entry.type === 'timeout') return timeout(contract, parent.entry, stage, entry, pen)
  // CON-02: only the pen-holder writes.
  if (entry.author !== pen) return violation('pen/not-held', `${entry.type} by the party without the pen`)
  if (entry.type === 'cancel') return cancel(contract, stage, entry)
  switch (stage.kind) {
    case 'awaiting-accept':
      return fromAwaitingAccept(entry)
    case 'working':
      return fromWorking(stage, entry)
    case 'awaiting-review':
      return fromReview(contract, stage, entry)
    case 'rejected':
      return fromRejected(contract, stage, entry)
    case 'timed-out':
      return misplaced(entry, stage)
  }
}

function fromAwaitingAccept(entry: LaterEntry): Followed {
  if (entry.type === 'accept') {
    if (!isLink(entry.body)) return violation('entry/bad-prev', BROKEN_LINK)
    return to({ kind: 'working', milestone: 0, revision: 0 })
  }
  if (entry.type === 'decline') return end(nobodysFault('declined'), entry)
  return violation('entry/bad-prev', `${entry.type} does not answer an award`)
}

function fromWorking(stage: Stage & { kind: 'working' }, entry: LaterEntry): Followed {
  if (entry.type !== 'deliver' && entry.type !== 'failed' && entry.type !== 'withdraw') return misplaced(entry, stage)
  const wrong = wrongMilestone(entry.body.milestone, stage.milestone)
  if (wrong !== null) return wrong
  if (entry.type === 'deliver') return delivered(stage.milestone, stage.revision, entry)
  if (entry.type === 'failed') {
    return to({ kind: 'awaiting-review', milestone: stage.milestone, revision: stage.revision, answer: entry })
  }
  // Whether it was free depends on notes, which the whole contract knows and a branch does not (CON-16).
  return end(nobodysFault('withdrawn'), entry)
}

function delivered(milestone: number, revision: number, entry: HaggleRecord<'deliver'>): Followed {
  // CON-07: revisions are counted from 0 and never skipped.
  if (entry.body.revision !== revision) {
    return violation('entry/bad-revision', `revision ${entry.body.revision} instead of ${revision}`)
  }
  return to({ kind: 'awaiting-review', milestone, revision, answer: entry })
}

function fromReview(contract: Contract, stage: Stage & { kind: 'awaiting-review' }, entry: LaterEntry): Followed {
  if (entry.type !== 'approve' && entry.type !== 'reject') return misplaced(entry, stage)
  const wrong = wrongMilestone(entry.body.milestone, stage.milestone)
  if (wrong !== null) return wrong
  const { milestones, revisions } = contract.award.body.terms
  if (entry.type === 'approve') {
    // CON-17: the approval of a FAILED closes it, without credit and without slash.
    if (stage.answer.type === 'failed') return end(nobodysFault('failed'), entry)
    if (stage.milestone + 1 >= milestones.length) return end(nobodysFault('settled'), entry)
    return to({ kind: 'working', milestone: stage.milestone + 1, revision: 0 })
  }
  const milestone = milestones[stage.milestone]
  if (milestone === undefined) return violation('entry/bad-milestone', 'the terms have no such milestone')
  // CON-18: a rejected FAILED is a Split at once: otherwise a poison task would slash every honest worker in turn.
  if (stage.answer.type === 'failed') return end(nobodysFault('split'), entry)
  // WIT-39: whether a seal could be opened is found out before the rejection ends anything.
  if (stage.revision < revisions || blamesSeal(contract, stage.answer, entry.body.reason)) {
    return to({ kind: 'rejected', milestone: stage.milestone, revision: stage.revision, rejection: entry })
  }
  return finallyRejected(contract, milestone, stage.answer, entry)
}

/** CON-15: no revision is left; the acceptance of the milestone decides what the rejection means. */
function finallyRejected(
  contract: Contract,
  milestone: Milestone,
  answer: HaggleRecord<'deliver'>,
  entry: HaggleRecord<'reject'>,
): Followed {
  const { reason } = entry.body
  switch (milestone.acceptance.kind) {
    case 'hash':
      return end(endOfRejection(contract, reason, checkByHash(milestone, answer)), entry)
    case 'schema': {
      const claimed = reason === 'missing' || reason === 'sealed' ? 'unknown' : 'fail'
      return to({ kind: 'ended', outcome: endOfRejection(contract, reason, claimed), by: entry, recheck: answer })
    }
    case 'requester':
    case 'jury':
      return end(nobodysFault('split'), entry)
  }
}

function fromRejected(contract: Contract, stage: Stage & { kind: 'rejected' }, entry: LaterEntry): Followed {
  if (entry.type !== 'deliver' && entry.type !== 'concede' && entry.type !== 'unseal') return misplaced(entry, stage)
  const wrong = wrongMilestone(entry.body.milestone, stage.milestone)
  if (wrong !== null) return wrong
  if (entry.type === 'concede') return end(faultOf('breached', contract.worker, 'CONCEDE'), entry)
  if (entry.type === 'unseal') return unsealed(contract, stage.rejection, entry)
  if (stage.revision >= contract.award.body.terms.revisions)
    return violation('entry/bad-revision', 'the terms leave no revision')
  return delivered(stage.milestone, stage.revision + 1, entry)
}

/** WIT-39: the key that the delivery named. Whether it opens the seal its bytes tell, and not the records alone. */
function unsealed(contract: Contract, rejection: HaggleRecord<'reject'>, entry: HaggleRecord<'unseal'>): Followed {
  const delivery = blamedDelivery(contract, rejection)
  if (delivery === null) return violation('entry/bad-prev', 'the rejection says nothing of a seal')
  if (payloadHashOf(entry.body.key) !== delivery.body.keyHash)
    return violation('payload/mismatch', 'the key is not the one that the delivery names')
  const milestone = contract.award.body.terms.milestones[entry.body.milestone]
  if (milestone !== undefined && checkByHash(milestone, delivery) === 'fail')
    return end(faultOf('breached', contract.worker, 'BAD'), entry)
  return to({ kind: 'ended', outcome: nobodysFault('undecided'), by: entry, recheck: delivery })
}

/** CON-24: the waiting party says that a due, review or rework clock ran out, and takes the pen. */
function timeout(
  contract: Contract,
  parent: EntryRecord,
  stage: Stage,
  entry: HaggleRecord<'timeout'>,
  pen: AgentKey | null,
): Followed {
  if (pen === null || entry.author === pen)
    return violation('pen/not-held', 'a timeout is written by the waiting party')
  const duty = dutyOf(stage)
  if (duty === null || !('milestone' in stage)) return misplaced(entry, stage)
  if (entry.body.duty !== duty || entry.body.slot !== parent.id) {
    return violation('entry/bad-prev', 'a timeout names the duty and the entry that gave it')
  }
  const wrong = wrongMilestone(entry.body.milestone, stage.milestone)
  if (wrong !== null) return wrong
  // TIME-22: dated before any possible due + G it takes the pen before its time.
  const earliest = earliestDueAfter(contract, parent, stage) + graceMs(contract.award.body.terms.timers)
  if (entry.body.at < earliest) return violation('pen/not-held', 'the clock had not run out')
  return to({ kind: 'timed-out', milestone: stage.milestone, duty, timeout: entry, late: null })
}

/** CON-19: a cancel names the other side's request, or its agreement to the pen-holder's own; both lapse after `ack`. */
function cancel(contract: Contract, stage: Stage, entry: HaggleRecord<'cancel'>): Followed {
  if (stage.kind === 'awaiting-accept') return misplaced(entry, stage)
  const named = noteById(contract, entry.body.request)
  if (named === undefined) return { kind: 'parked' }
  if (named.author !== otherParty(contract, entry.author)) {
    return violation('note/unfounded', 'a cancel names a note of the other side')
  }
  if (named.type === 'cancel-req') return consented(contract, named, entry)
  if (named.type !== 'agree') return violation('note/unfounded', 'a cancel names a request or an agreement')
  const request = noteById(contract, named.body.request)
  if (request === undefined) return { kind: 'parked' }
  const first = lapsed(contract, request.body.at, named.body.at)
  return first
    ? refused('entry/late', 'the agreement came after the request had lapsed')
    : consented(contract, named, entry)
}

function consented(
  contract: Contract,
  consent: HaggleRecord<'cancel-req' | 'agree'>,
  entry: HaggleRecord<'cancel'>,
): Followed {
  if (lapsed(contract, consent.body.at, entry.body.at)) return refused('entry/late', 'the request had lapsed')
  return end(nobodysFault('cancelled'), entry)
}

/** Whether an answer dated `answered` comes too late for a request dated `asked`, the clocks' error allowed for. */
export function lapsed(contract: Contract, asked: number, answered: number): boolean {
  const { timers } = contract.award.body.terms
  return answered > asked + ackMs(timers) + 2 * timers.epsilonMs
}

function noteById(contract: Contract, id: RecordId): Contract['notes'][number] | undefined {
  return contract.notes.find((note) => note.id === id)
}

function wrongMilestone(written: number, expected: number): Followed | null {
  if (written === expected) return null
  return violation('entry/bad-milestone', `milestone ${written} instead of ${expected}`)
}

function misplaced(entry: EntryRecord, stage: Stage): Followed {
  return violation('entry/bad-prev', `${entry.type} does not follow from ${stage.kind}`)
}

function to(stage: Stage): Followed {
  return { kind: 'stage', stage }
}

function end(outcome: Outcome, by: EntryRecord): Followed {
  return { kind: 'stage', stage: { kind: 'ended', outcome, by, recheck: null } }
}

function refused(refusal: RefusalCode, note: string): Followed {
  return { kind: 'refused', refusal, note }
}

function violation(code: ViolationCode, note: string): Followed {
  return { kind: 'violation', violation: { code, note } }
}
