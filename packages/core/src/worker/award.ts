import type { Decline, DurationMs, HaggleRecord, PayloadHash } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { acceptDue } from '../contract/timing.ts'
import { ofDeal } from '../deal/event-fields.ts'
import { nextEntry } from '../deal/next-entry.ts'
import { expectAnswer } from '../deal/unanswered.ts'
import { awardProblem } from '../judge/award-terms.ts'
import type { Deal, ForeignTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { askForWork } from './work.ts'
import { meetsConditions } from './conditions.ts'
import { isServed, slotsUsed } from './slots.ts'
import { panelIsTrusted } from '../witness/vet.ts'
import { witnessSetOf } from '../witness/witness-sets.ts'

/** An award of a bid of ours: kept, its input fetched, and accepted once the whole input is held. */
export function receiveAward(turn: Turn, task: ForeignTask, award: HaggleRecord<'award'>): Answer {
  const { witnessSet } = task.offer.body.terms
  const set = witnessSet === null ? null : witnessSetOf(turn.state, witnessSet)
  const refusal = awardRefusal(turn, task, award, set)
  if (refusal !== null) return refusal
  if (set !== null && !turn.state.sets.has(set.id)) turn.keep(set)
  turn.keep(award)
  const deal = turn.state.deals.get(award.id)
  if (deal === undefined) throw new TypeError('an award that was written down has a contract')
  turn.notify({ event: 'awarded', ...ofDeal(turn, deal), price: award.body.price, why: [] })
  // NET-36: no input of somebody who is not let in is fetched.
  if (!isServed(turn.state, deal.peer)) {
    decline(turn, deal, 'not-allowed', true)
    return okay(award.id)
  }
  if (!meetsConditions(turn, deal.peer, award.body.terms)) {
    decline(turn, deal, 'terms', true)
    return okay(award.id)
  }
  // WIT-31: a panel that we do not trust is declined like any other terms, free.
  if (!panelIsTrusted(turn, award)) {
    decline(turn, deal, 'panel', false)
    return okay(award.id)
  }
  // MKT-20: the worker holds and has checked the whole input before it accepts.
  turn.fetch(award.body.terms.input.hash, award.body.terms.input.size, deal.peer)
  return okay(award.id)
}

function awardRefusal(
  turn: Turn,
  task: ForeignTask,
  award: HaggleRecord<'award'>,
  set: HaggleRecord<'witness-set'> | null,
): Answer | null {
  const { body } = award
  const report = (code: 'role/not-owner' | 'terms/changed' | 'generation/forged', note: string): Answer => {
    turn.report(award.author, { code, note }, award.id)
    return refuse('award/terms', note)
  }
  if (award.author !== task.offer.author) return report('role/not-owner', 'only the author of the offer awards it')
  const bid = task.bids.find((each) => each.id === body.bid)
  if (bid === undefined || body.worker !== turn.state.self) return refuse('award/not-bid', 'we made no such bid')
  // It comes with the award; who lost it on the way is shown both again.
  if (task.offer.body.terms.witnessSet !== null && set === null)
    return refuse('entry/parked', 'the witness set of the terms is not held')
  // MKT-11, MKT-12: a worker takes no award that its own file could not show.
  const problem = awardProblem(award, task.offer, bid, set)
  if (problem !== null) return report('terms/changed', problem)
  const prev =
    body.generation === 1 ? task.task : task.reopenings.find((each) => each.body.generation === body.generation)?.id
  if (prev !== body.prev) return refuse('entry/parked', 'the reopening of this generation is not held')
  // MKT-08: of two awards for one generation the first one counts, and the second is a proof against its author.
  const other = task.contracts
    .map((id) => turn.state.deals.get(id))
    .find((deal) => deal?.generation === body.generation)
  if (other !== undefined) return report('generation/forged', 'two awards for one generation')
  if (turn.now.wall > bid.body.validUntil || turn.now.wall > acceptDue(award))
    return refuse('award/late', 'the award came too late')
  return null
}

/** Soon enough for a requester that was away for a moment, and too seldom to keep a slot busy with one that is gone. */
const RETRY_INPUT_MS: DurationMs = 5_000
const RETRY_MS: DurationMs = 1_000

/** The input of an award arrived, or cannot be had: nobody's fault, and the slot is free for others. */
export function inputPayload(turn: Turn, deal: Deal, hash: PayloadHash, held: boolean): void {
  const { award, stage } = deal.contract
  if (stage.kind !== 'awaiting-accept' || award.body.terms.input.hash !== hash || deal.outcome !== null) return
  deal.soft.payloadHeld = held
  answerAward(turn, deal)
}

function answerAward(turn: Turn, deal: Deal): void {
  const { award } = deal.contract
  if (turn.now.wall > acceptDue(award)) {
    turn.persist({ kind: 'lapsed', at: turn.now.wall, contract: deal.id })
    return
  }
  if (!deal.soft.payloadHeld) {
    decline(turn, deal, 'input-missing', false, RETRY_INPUT_MS)
    return
  }
  // NET-36: who is let in may have changed since the bid.
  if (!isServed(turn.state, deal.peer)) {
    decline(turn, deal, 'not-allowed', true)
    return
  }
  if (!meetsConditions(turn, deal.peer, award.body.terms)) {
    decline(turn, deal, 'terms', true)
    return
  }
  // The contract itself counts as one used slot, so more than all of them means there was no room for it.
  if (slotsUsed(turn.state) > turn.state.served.slots) {
    decline(turn, deal, 'busy', false)
    return
  }
  const accept = turn.write('accept', { ...nextEntry(turn, deal), ...turn.chainLink() })
  turn.send(deal.peer, [accept])
  expectAnswer(turn, deal, accept, null)
  // MKT-36: a requester that hands out work faster than it opens contracts must not run out of places here.
  turn.state.board.takeDown(deal.task)
  turn.notify({ event: 'accepted', ...ofDeal(turn, deal) })
  askForWork(turn, deal)
}

export function decline(
  turn: Turn,
  deal: Deal,
  code: Decline['code'],
  final: boolean,
  retryAfterMs: DurationMs = RETRY_MS,
): void {
  const record = turn.write('decline', {
    ...nextEntry(turn, deal),
    code,
    final,
    retryAfterMs: final ? 0 : retryAfterMs,
  })
  turn.send(deal.peer, [record])
}
