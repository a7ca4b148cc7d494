import type { PayloadHash } from '@haggle/protocol'
import { ownSealOpened } from './deal/seal-opened.ts'
import type { Input } from './input.ts'
import { reviewPayload } from './requester/review.ts'
import type { Turn } from './turn.ts'
import { watchedPayload, watchedSealOpened } from './witness/receive.ts'
import { inputPayload } from './worker/award.ts'

/** The answer to a `fetch`: every contract that waits for this payload goes on, our own and those that we watch. */
export function receivePayload(turn: Turn, hash: PayloadHash, held: boolean): void {
  watchedPayload(turn, hash, held)
  for (const deal of turn.state.live) {
    if (deal.overtaken) continue
    if (deal.role === 'worker') inputPayload(turn, deal, hash, held)
    else reviewPayload(turn, deal, hash, held)
  }
}

/** The answer to `open-seal`. */
export function sealOpened(turn: Turn, { contract, record, word }: Extract<Input, { kind: 'seal-opened' }>): void {
  const watch = turn.state.watches.get(contract)
  if (watch !== undefined) watchedSealOpened(turn, watch, record, word)
  const deal = turn.state.deals.get(contract)
  if (deal !== undefined) ownSealOpened(turn, deal, record, word)
}
