import type { HaggleRecord } from '@haggle/protocol'
import { penHolder } from '../contract/contract.ts'
import { lapsed } from '../contract/transition.ts'
import { acknowledgeBeat } from '../requester/lease.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { askForRecheck } from '../worker/recheck.ts'
import { askForWork } from '../worker/work.ts'
import { tickRequester } from '../requester/tick.ts'
import { startBeating, tickWorker } from '../worker/lease.ts'
import { answerChallenge } from './challenge.ts'
import { answerAsk } from './push.ts'
import { ofDeal } from './event-fields.ts'
import { nextEntry } from './next-entry.ts'
import { oweReceipt } from './receipt.ts'

/** What follows from a kept record of the other party, beside the fold itself. */
export function react(turn: Turn, deal: Deal, record: HaggleRecord): void {
  switch (record.type) {
    case 'approve':
      turn.state.board.takeDown(deal.task)
      turn.notify({ event: 'approved', ...ofDeal(turn, deal), milestone: record.body.milestone })
      goOn(turn, deal, record)
      return
    case 'reject': {
      const { milestone, reason, note } = record.body
      turn.notify({ event: 'rejected', ...ofDeal(turn, deal), milestone, reason, note })
      goOn(turn, deal, record)
      askForRecheck(turn, deal)
      return
    }
    case 'heartbeat':
      acknowledgeBeat(turn, deal, record.body.n)
      return
    case 'cancel-req':
      answerCancelRequest(turn, deal, record)
      return
    case 'agree':
      if (record.author === deal.peer) takeUpAgreement(turn, deal, record)
      return
    case 'ask':
      answerAsk(turn, deal, record)
      return
    case 'challenge':
      answerChallenge(turn, deal, record)
      return
    case 'vote':
      hearVote(turn, deal)
      return
    default:
  }
}

/** A vote may have made a certificate: what waited for it goes on at once. */
function hearVote(turn: Turn, deal: Deal): void {
  if (deal.outcome !== null) return
  if (deal.role === 'requester') tickRequester(turn, deal)
  else tickWorker(turn, deal)
}

/** The pen came to us as worker: the next milestone, or a revision. The other side is owed a receipt meanwhile. */
function goOn(turn: Turn, deal: Deal, record: HaggleRecord): void {
  if (deal.role !== 'worker' || deal.outcome !== null) return
  const { stage } = deal.contract
  if (stage.kind !== 'working' && stage.kind !== 'rejected') return
  oweReceipt(turn, deal, record.id)
  if (stage.kind === 'working') startBeating(turn, deal)
  askForWork(turn, deal)
}

/** A worker agrees to a cancel: it costs neither side anything, and work that nobody wants helps nobody. */
function answerCancelRequest(turn: Turn, deal: Deal, request: HaggleRecord<'cancel-req'>): void {
  if (deal.role !== 'worker' || deal.outcome !== null || request.author !== deal.peer) return
  // CON-19: what lapsed is not answered: the answer would bind nobody, and stand in the way of the next entry.
  if (lapsed(deal.contract, request.body.at, turn.now.wall)) return
  const { kind } = deal.contract.stage
  if (kind === 'working' || kind === 'rejected') writeCancel(turn, deal, request)
  else if (kind === 'awaiting-review') {
    const agree = turn.write('agree', {
      at: turn.now.wall,
      contract: deal.id,
      generation: deal.generation,
      request: request.id,
    })
    turn.send(deal.peer, [agree])
  }
}

/** The other side agrees to our own request: we cancel if the pen is still ours and nothing has lapsed. */
function takeUpAgreement(turn: Turn, deal: Deal, agree: HaggleRecord<'agree'>): void {
  const { contract } = deal
  if (deal.outcome !== null || penHolder(contract) !== turn.state.self) return
  if (!lapsed(contract, agree.body.at, turn.now.wall)) writeCancel(turn, deal, agree)
}

function writeCancel(turn: Turn, deal: Deal, consent: HaggleRecord): void {
  const record = turn.write('cancel', { ...nextEntry(turn, deal), request: consent.id })
  turn.send(deal.peer, [record])
}
