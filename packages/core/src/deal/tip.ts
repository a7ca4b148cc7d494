import type { HaggleRecord, TipFrame } from '@haggle/protocol'
import { ackMs } from '../contract/timing.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { fence } from './fence.ts'
import { resume } from './resume.ts'
import { payloadOf } from './unanswered.ts'

/** Records that fit into one frame beside their envelope. */
const BATCH = 16

/** CON-41: when two parties meet again they compare what they hold before anything else is said about the contract. */
export function meetAgain(turn: Turn, deal: Deal): void {
  deal.soft.gate = turn.now.mono + 2 * ackMs(deal.contract.award.body.terms.timers)
  sendTip(turn, deal, false)
}

export function sendTip(turn: Turn, deal: Deal, answer: boolean): void {
  const held = [...deal.held.keys()]
  turn.sendFrame(deal.peer, { kind: 'tip', contract: deal.id, generation: deal.generation, held, answer })
}

/** The side that is ahead supplies what is missing; a fenced worker learns that first. */
export function receiveTip(turn: Turn, deal: Deal, tip: TipFrame): void {
  if (deal.reopenedBy !== null) fence(turn, deal)
  const theirs = new Set(tip.held)
  supply(
    turn,
    deal,
    [...deal.held.values()].filter((record) => !theirs.has(record.id)),
  )
  if (!tip.answer) sendTip(turn, deal, true)
  if (deal.soft.gate !== null) openGate(turn, deal)
}

export function openGate(turn: Turn, deal: Deal): void {
  deal.soft.gate = null
  resume(turn, deal)
}

function supply(turn: Turn, deal: Deal, missing: readonly HaggleRecord[]): void {
  let batch: HaggleRecord[] = []
  for (const record of missing) {
    batch.push(record)
    const payload = payloadOf(record)
    if (payload === null && batch.length < BATCH) continue
    turn.send(deal.peer, batch, payload)
    batch = []
  }
  turn.send(deal.peer, batch)
}
