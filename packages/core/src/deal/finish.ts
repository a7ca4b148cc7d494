import type { Outcome } from '@haggle/protocol'
import type { EngineEvent } from '../event.ts'
import { spread } from '../evidence/contribute.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { slashOf } from '../contract/slash.ts'
import { awardWhenReady } from '../requester/award.ts'
import { drawEnd } from '../requester/after-end.ts'
import { stopWork } from '../worker/lease.ts'
import { ofDeal } from './event-fields.ts'
import { nextPush } from './push.ts'

/** Draws every end that this turn brought: own closing, the word to the application, and what it means for the task. */
export function finishEnded(turn: Turn): void {
  let freed = false
  // What one end brings to an end in turn is drawn here as well.
  for (const deal of turn.state.ended) {
    finish(turn, deal)
    freed ||= deal.role === 'requester'
  }
  // MKT-10: what an end gives back to the newcomer budget may let a waiting claim through.
  if (freed) for (const task of turn.state.open) if (task.job.mode === 'claim') awardWhenReady(turn, task)
}

function finish(turn: Turn, deal: Deal): void {
  const { outcome } = deal
  if (outcome === null || deal.soft.asking !== null) return
  deal.soft.finished = true
  // CON-41: no clock of it runs any more that would open the gate, and what comes again is still answered.
  deal.soft.gate = null
  turn.state.live.delete(deal)
  turn.state.ended.delete(deal)
  const slash = slashOf(deal.contract, outcome, deal.reopenedBy)
  // Our closing was on disk before a restart, and with it every word to the application.
  const closed = deal.closings.some((each) => each.author === turn.state.self)
  if (!closed && !deal.overtaken) {
    const last = deal.contract.entries.at(-1) ?? deal.contract.award
    const closing = turn.write('closing', {
      at: turn.now.wall,
      ...turn.chainLink(),
      contract: deal.id,
      outcome,
      slash,
      evidence: [last.id],
    })
    turn.send(deal.peer, [closing])
  }
  // Where we were overtaken the closing may be the other process's, and nobody was told here.
  if (!closed || deal.overtaken) tell(turn, deal, outcome, slash)
  if (!closed && !deal.overtaken) spread(turn, deal)
  if (nextPush(turn.state, deal) !== null) turn.state.pushing.add(deal)
  if (deal.role === 'requester') drawEnd(turn, deal)
}

function tell(turn: Turn, deal: Deal, outcome: Outcome, slash: number): void {
  if (deal.role === 'worker') {
    stopWork(turn, deal, deal.reopenedBy === null ? outcome.end : 'fenced')
    if (deal.reopenedBy !== null)
      turn.notify({ event: 'fenced', ...ofDeal(turn, deal), reason: deal.reopenedBy.body.reason })
  }
  turn.notify(endEvent(turn, deal))
  if (outcome.party !== null && outcome.fault !== null && slash > 0) {
    turn.notify({ event: 'slashed', ...ofDeal(turn, deal), party: outcome.party, fault: outcome.fault, amount: slash })
  }
}

function endEvent(turn: Turn, deal: Deal): EngineEvent {
  const { end, party, fault } = deal.outcome ?? { end: 'undecided', party: null, fault: null }
  if (end !== 'failed') return { event: end, ...ofDeal(turn, deal), end, party, fault }
  const failure = deal.contract.entries.findLast((entry) => entry.type === 'failed')
  const { milestone, code, note } = failure?.body ?? { milestone: 0, code: 'unknown', note: '' }
  return { event: 'failed', ...ofDeal(turn, deal), milestone, code, note, end }
}
