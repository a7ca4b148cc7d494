import type { RecordId } from '@haggle/protocol'
import { ackMs } from '../contract/timing.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'

/**
 * CON-13: a receipt is owed within `ack`. Where a panel would hear of its absence it leaves after half of that, so that it is there
 * before the other side shows the panel what it sent.
 */
export function oweReceipt(turn: Turn, deal: Deal, entry: RecordId): void {
  const { panel, terms } = deal.contract.award.body
  const ack = ackMs(terms.timers)
  deal.soft.receiptOwed = { entry, by: turn.now.mono + (panel.length === 0 ? ack : Math.floor(ack / 2)) }
}

/** CON-13: pays it unless a later entry went out first; nothing late is ever receipted. */
export function payReceipt(turn: Turn, deal: Deal): void {
  const { receiptOwed } = deal.soft
  if (receiptOwed === null || receiptOwed.by > turn.now.mono || deal.soft.gate !== null) return
  deal.soft.receiptOwed = null
  const receipt = turn.write('receipt', {
    at: turn.now.wall,
    contract: deal.id,
    generation: deal.generation,
    entry: receiptOwed.entry,
  })
  turn.send(deal.peer, [receipt])
}
