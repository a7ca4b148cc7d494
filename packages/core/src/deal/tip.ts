import type { HaggleRecord } from '@haggle/protocol'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { payloadOf } from './unanswered.ts'

/** Records that fit into one frame beside their envelope. */
const BATCH = 16

/** Says what we hold of a contract. */
export function sendTip(turn: Turn, deal: Deal, answer: boolean): void {
  const held = [...deal.held.keys()]
  turn.sendFrame(deal.peer, { kind: 'tip', contract: deal.id, generation: deal.generation, held, answer })
}

/** Sends what the other party lacks, in the order in which we came to hold it. */
export function supply(turn: Turn, deal: Deal, missing: readonly HaggleRecord[]): void {
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
