import { okay, refuse, type Answer } from '../answer.ts'
import { blamedDelivery } from '../contract/seal.ts'
import { dueOf } from '../contract/timing.ts'
import { nextEntry } from '../deal/next-entry.ts'
import { lookAtSeal } from '../deal/seal.ts'
import type { Input } from '../input.ts'
import type { Turn } from '../turn.ts'
import { answered } from './work.ts'

/** WIT-39: a requester says that it cannot open our seal. The key shows whether that is so, to the panel as well as to anybody else. */
export function keyFound(turn: Turn, { contract, keyHash, key }: Extract<Input, { kind: 'key-found' }>): Answer {
  const deal = turn.state.deals.get(contract)
  if (deal === undefined || deal.overtaken || deal.outcome !== null || deal.soft.asking !== null)
    return refuse('contract/state', 'no key of ours is asked for')
  const { stage } = deal.contract
  const delivery = stage.kind === 'rejected' ? blamedDelivery(deal.contract, stage.rejection) : null
  if (stage.kind !== 'rejected' || deal.role !== 'worker' || delivery?.body.keyHash !== keyHash)
    return refuse('contract/state', 'no key of ours is asked for')
  if (key === null) return refuse('contract/state', 'the key of the seal is lost')
  const due = dueOf(deal.contract)
  // CON-26: what we know to be late we do not sign.
  if (due !== null && turn.now.wall > due.due) return refuse('entry/late', 'the due has passed')
  const record = turn.write('unseal', { ...nextEntry(turn, deal), milestone: stage.milestone, key })
  answered(turn, deal, record, null)
  lookAtSeal(turn, deal)
  return okay(record.id)
}
