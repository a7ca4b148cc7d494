import type { HaggleRecord, PayloadHash } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import type { Command } from '../command.ts'
import { hasPanel } from '../contract/contract.ts'
import { dueFromNow, dueOf } from '../contract/timing.ts'
import { ofDeal } from '../deal/event-fields.ts'
import { nextEntry } from '../deal/next-entry.ts'
import { findKey } from '../deal/seal.ts'
import { expectAnswer, payloadOf } from '../deal/unanswered.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { clip } from '../requester/review.ts'

/** Asks the application to do the milestone that is due, or ourselves for the key of a seal; once per entry, and again after a restart. */
export function askForWork(turn: Turn, deal: Deal): void {
  const { stage, award, entries } = deal.contract
  if (stage.kind !== 'working' && stage.kind !== 'rejected') return
  const last = entries.at(-1) ?? award
  const due = dueFromNow(deal.contract, turn.now.wall)
  if (deal.soft.askedFor === last.id || due === null) return
  deal.soft.askedFor = last.id
  if (findKey(turn, deal)) return
  turn.request({
    kind: 'work',
    task: deal.task,
    contract: deal.id,
    generation: deal.generation,
    requester: deal.peer,
    milestone: stage.milestone,
    revision: stage.kind === 'working' ? stage.revision : stage.revision + 1,
    due,
    terms: award.body.terms,
    price: award.body.price,
  })
}

export function deliver(turn: Turn, deal: Deal, command: Extract<Command, { kind: 'deliver' }>): Answer {
  const { stage } = deal.contract
  const refusal = cannotAnswer(turn, deal, command.milestone)
  if (refusal !== null) return refusal
  const revision = stage.kind === 'rejected' ? stage.revision + 1 : 0
  if (revision > deal.contract.award.body.terms.revisions)
    return refuse('contract/state', 'the terms leave no revision')
  const seal = command.seal ?? null
  if (seal !== null && !hasPanel(deal.contract))
    return refuse('contract/state', 'nobody but the requester is shown the result')
  const record = turn.write('deliver', {
    ...nextEntry(turn, deal),
    milestone: command.milestone,
    revision,
    resultHash: command.resultHash,
    size: command.size,
    mediaType: command.mediaType,
    sealedHash: seal?.sealedHash ?? null,
    keyHash: seal?.keyHash ?? null,
  })
  const { milestone, resultHash, size } = record.body
  turn.notify({ event: 'delivered', ...ofDeal(turn, deal), milestone, result: resultHash, size })
  answered(turn, deal, record, payloadOf(record))
  return okay(record.id)
}

export function fail(turn: Turn, deal: Deal, command: Extract<Command, { kind: 'fail' }>): Answer {
  const refusal = cannotAnswer(turn, deal, command.milestone)
  if (refusal !== null) return refusal
  if (deal.contract.stage.kind !== 'working')
    return refuse('contract/state', 'only work can fail; a rejection is answered by a revision or conceded')
  const { milestone, code } = command
  const note = clip(command.note)
  const record = turn.write('failed', { ...nextEntry(turn, deal), milestone, code, note })
  turn.notify({ event: 'failed', ...ofDeal(turn, deal), milestone, code, note, end: null })
  answered(turn, deal, record, null)
  return okay(record.id)
}

export function withdraw(turn: Turn, deal: Deal, reason: string): Answer {
  const { stage } = deal.contract
  if (deal.role !== 'worker') return refuse('contract/not-yours', 'only the worker withdraws')
  if (deal.outcome !== null) return refuse('contract/ended', 'the contract has ended')
  if (stage.kind !== 'working') return refuse('contract/state', `nothing to withdraw from: ${stage.kind}`)
  const record = turn.write('withdraw', { ...nextEntry(turn, deal), milestone: stage.milestone, reason })
  answered(turn, deal, record, null)
  return okay(record.id)
}

export function concede(turn: Turn, deal: Deal): Answer {
  const { stage } = deal.contract
  if (deal.role !== 'worker' || stage.kind !== 'rejected' || deal.outcome !== null)
    return refuse('contract/state', 'there is no rejection to concede')
  const record = turn.write('concede', { ...nextEntry(turn, deal), milestone: stage.milestone })
  answered(turn, deal, record, null)
  return okay(record.id)
}

/** What follows from an entry of ours: it goes to the requester, and an answer is waited for. */
export function answered(turn: Turn, deal: Deal, record: HaggleRecord, payload: PayloadHash | null): void {
  deal.soft.nextBeat = null
  deal.soft.receiptOwed = null
  if (deal.soft.gate === null) turn.send(deal.peer, [record], payload)
  expectAnswer(turn, deal, record, payload)
}

function cannotAnswer(turn: Turn, deal: Deal, milestone: number): Answer | null {
  const { stage } = deal.contract
  if (deal.role !== 'worker') return refuse('contract/not-yours', 'the other side works')
  if (deal.outcome !== null) return refuse('contract/ended', 'the contract has ended')
  if (stage.kind !== 'working' && stage.kind !== 'rejected')
    return refuse('contract/state', `nothing is due: ${stage.kind}`)
  if (stage.milestone !== milestone) return refuse('contract/milestone', `milestone ${stage.milestone} is due`)
  const due = dueOf(deal.contract)
  // CON-26: what we know to be late we do not sign as a delivery.
  if (due !== null && turn.now.wall > due.due) return refuse('entry/late', 'the due has passed')
  return null
}
