import type { DurationMs, HaggleRecord, Instant } from '@haggle/protocol'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { payloadOf } from './unanswered.ts'

/** Records that fit into one frame beside their envelope. */
const BATCH = 16
/** NET-42: tips of one contract answered without a pause: a connection that comes and goes so often is no connection. */
const TIPS = 8
/** After that one more in such a time, a lease on a LAN: whoever lost what was sent gets it all the same. */
const TIP_BACK_MS: DurationMs = 5_000

/** Says what we hold of a contract. */
export function sendTip(turn: Turn, deal: Deal, answer: boolean): void {
  const held = [...deal.held.keys()]
  turn.sendFrame(deal.peer, { kind: 'tip', contract: deal.id, generation: deal.generation, held, answer })
}

/** NET-42: a tip of a hundred bytes may ask for a whole contract, and a late heartbeat for a fence: how many are answered is bounded. */
export function mayAnswer(deal: Deal, now: Instant): boolean {
  const { left, at } = deal.soft.tips ?? { left: TIPS, at: now }
  const back = Math.floor((now - at) / TIP_BACK_MS)
  const tips = Math.min(TIPS, left + back)
  if (tips === 0) return false
  deal.soft.tips = { left: tips - 1, at: tips === TIPS ? now : at + back * TIP_BACK_MS }
  return true
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
