import { protocolParams, type Timestamp } from '@haggle/protocol'
import type { Deal, State } from './state.ts'

/** Scores count time in epochs, so that everybody rounds alike. */
export function epochOf(at: Timestamp): number {
  return Math.floor(at / protocolParams.epochMs)
}

/** MKT-10: an award to a peer without record uses up its stake of this epoch's newcomer budget. */
export function spendNewcomerBudget(state: State, deal: Deal, epoch: number): void {
  if (state.book.settledWith(deal.peer) > 0) return
  if (state.newcomer.epoch !== epoch) state.newcomer = { epoch, spent: 0 }
  state.newcomer.spent += deal.contract.award.body.terms.stakeWorker
  deal.newcomerEpoch = epoch
}

/** SCORE-06: what an ended contract leaves in our own book: a success, a proven fault, or what we allege for ourselves. */
export function bookEnd(state: State, deal: Deal, epoch: number): void {
  const { outcome, peer, skill } = deal
  if (outcome === null) return
  if (outcome.end === 'settled') {
    returnNewcomerStake(state, deal)
    state.book.recordOutcome(peer, skill, epoch, { success: true, faultPermille: 0 })
    return
  }
  const faultPermille = outcome.party === peer ? 1_000 : allegedPermille(deal)
  if (faultPermille > 0) state.book.recordOutcome(peer, skill, epoch, { success: false, faultPermille })
}

function returnNewcomerStake(state: State, deal: Deal): void {
  if (deal.newcomerEpoch !== state.newcomer.epoch) return
  state.newcomer.spent = Math.max(0, state.newcomer.spent - deal.contract.award.body.terms.stakeWorker)
}

/** An allegation moves only our own view; a silent reviewer weighs a quarter, as its proven fault would. */
function allegedPermille(deal: Deal): number {
  const faults = deal.alleged
    .filter((each) => each.party === deal.peer)
    .map((each) => (each.fault === 'SILENT_REVIEW' ? 250 : 1_000))
  return Math.max(0, ...faults)
}
