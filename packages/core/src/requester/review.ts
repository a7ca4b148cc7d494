import type { AgentKey, HaggleRecord, PayloadHash, Reject } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { isOpened } from '../contract/contract.ts'
import { dueOf, graceMs, lateWindowMs } from '../contract/timing.ts'
import { ofDeal } from '../deal/event-fields.ts'
import { nextEntry } from '../deal/next-entry.ts'
import { oweReceipt } from '../deal/receipt.ts'
import { fetchResult, openForReview } from '../deal/seal.ts'
import { expectAnswer } from '../deal/unanswered.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { grantLease } from './lease.ts'
import { awaitsOpening, forgetOpening, mayOpen, opened } from './opening.ts'

/** A delivery or a failure of the task: kept, then put before the application once its payload is held. */
export function receiveDelivery(
  turn: Turn,
  from: AgentKey,
  deal: Deal,
  answer: HaggleRecord<'deliver' | 'failed'>,
): Answer {
  const { timers } = deal.contract.award.body.terms
  const due = dueOf(deal.contract)
  const planned = deal.contract.award.body.terms.milestones[answer.body.milestone]?.durationMs ?? 0
  // CON-25: a late delivery may still be reviewed while its late window lasts and nobody else has the task.
  if (due !== null && turn.now.wall > due.due + graceMs(timers) + lateWindowMs(planned, timers))
    return refuse('entry/late', 'the late window is over')
  turn.keep(answer)
  deal.soft.leaseUntil = null
  oweReceipt(turn, deal, answer.id)
  deal.soft.payloadHeld = false
  if (answer.type === 'deliver') {
    const { milestone, resultHash, size } = answer.body
    turn.notify({ event: 'delivered', ...ofDeal(turn, deal), milestone, result: resultHash, size })
    // A witness that passes a delivery on holds what it names.
    fetchResult(turn, from, answer)
  } else {
    const { milestone, code, note } = answer.body
    turn.notify({ event: 'failed', ...ofDeal(turn, deal), milestone, code, note, end: null })
    askForReview(turn, deal)
  }
  return okay(answer.id)
}

/** The payload of the delivery under review arrived, or could not be had yet. */
export function reviewPayload(turn: Turn, deal: Deal, hash: PayloadHash, held: boolean): void {
  const { stage } = deal.contract
  if (stage.kind !== 'awaiting-review' || stage.answer.type !== 'deliver') return
  const { sealedHash, resultHash } = stage.answer.body
  if (hash !== (sealedHash ?? resultHash)) return
  if (sealedHash !== null) {
    if (held && !deal.soft.payloadHeld) openForReview(turn, deal, stage.answer)
    return
  }
  deal.soft.payloadHeld = held
  if (held) askForReview(turn, deal)
}

/** Asks the application once per entry; after a restart again. */
export function askForReview(turn: Turn, deal: Deal): void {
  const { stage, award } = deal.contract
  const task = turn.state.own.get(deal.task)
  if (stage.kind !== 'awaiting-review' || task === undefined || deal.soft.askedFor === stage.answer.id) return
  const milestone = award.body.terms.milestones[stage.milestone]
  if (milestone === undefined) return
  deal.soft.askedFor = stage.answer.id
  const { answer } = stage
  turn.request({
    kind: 'review',
    task: deal.task,
    contract: deal.id,
    generation: deal.generation,
    worker: deal.peer,
    milestone,
    index: stage.milestone,
    delivery: answer.type === 'deliver' ? answer.body : null,
    failure: answer.type === 'failed' ? answer.body : null,
    memo: task.job.memo,
    resultHash: answer.type === 'deliver' ? answer.body.resultHash : null,
  })
}

export function approve(turn: Turn, deal: Deal, milestone: number): Answer {
  const refusal = notUnderReview(turn, deal, milestone)
  if (refusal !== null) return refusal
  const record = turn.write('approve', { ...nextEntry(turn, deal), milestone })
  turn.notify({ event: 'approved', ...ofDeal(turn, deal), milestone })
  answered(turn, deal, record)
  // LEASE-02: nobody has heard a heartbeat of the next milestone yet, and its worker may be gone before the first.
  if (deal.contract.stage.kind === 'working') grantLease(turn, deal)
  return okay(record.id)
}

export function reject(turn: Turn, deal: Deal, milestone: number, reason: Reject['reason'], note: string): Answer {
  const refusal = notUnderReview(turn, deal, milestone)
  if (refusal !== null) return refusal
  // REP-20: it makes the worker answer for its stake, so before the opening it waits for it. An approval takes nothing of anybody.
  if (!isOpened(deal.contract) && deal.contract.award.body.terms.stakeWorker > 0) {
    deal.soft.rejection = { milestone, reason, note }
    return okay()
  }
  const record = turn.write('reject', { ...nextEntry(turn, deal), milestone, reason, note: clip(note) })
  turn.notify({ event: 'rejected', ...ofDeal(turn, deal), milestone, reason, note: clip(note) })
  answered(turn, deal, record)
  return okay(record.id)
}

/** What was rejected before the opening is rejected after it; where none may follow any more nobody was bound. */
export function rejectWhenOpened(turn: Turn, deal: Deal): void {
  const { rejection } = deal.soft
  const isOver = !isOpened(deal.contract) && !mayOpen(turn, deal)
  if (rejection === null || awaitsOpening(deal) || !(isOver || isOpened(deal.contract))) return
  deal.soft.rejection = null
  if (isOver) turn.persist({ kind: 'lapsed', at: turn.now.wall, contract: deal.id })
  else reject(turn, deal, rejection.milestone, rejection.reason, rejection.note)
}

/** CON-22: a review that goes out before the opening is the opening too. */
function answered(turn: Turn, deal: Deal, record: HaggleRecord): void {
  const first = awaitsOpening(deal)
  forgetOpening(deal)
  deal.soft.receiptOwed = null
  deal.soft.askedFor = null
  turn.send(deal.peer, [record])
  expectAnswer(turn, deal, record, null)
  if (first) opened(turn, deal, record)
}

function notUnderReview(turn: Turn, deal: Deal, milestone: number): Answer | null {
  const { stage } = deal.contract
  if (deal.role !== 'requester') return refuse('contract/not-yours', 'the other side reviews')
  if (deal.outcome !== null) return refuse('contract/ended', 'the contract has ended')
  if (stage.kind !== 'awaiting-review') return refuse('contract/state', `nothing is under review: ${stage.kind}`)
  if (stage.milestone !== milestone) return refuse('contract/milestone', `milestone ${stage.milestone} is under review`)
  const due = dueOf(deal.contract)
  const grace = graceMs(deal.contract.award.body.terms.timers)
  if (due !== null && turn.now.wall > due.due + grace) return refuse('entry/late', 'the review clock has run out')
  return null
}

/** Notes are bounded in the record; a longer one of the application is cut at a whole character. */
export function clip(note: string): string {
  let out = ''
  let length = 0
  for (const symbol of note.normalize('NFC')) {
    const point = symbol.codePointAt(0) ?? 0
    // ENC-06: no text begins with a byte order mark, and none holds half a surrogate pair.
    if ((point >= 0xd800 && point <= 0xdfff) || (point === 0xfeff && out === '')) continue
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (length > 256) break
    out += symbol
  }
  return out.normalize('NFC')
}
