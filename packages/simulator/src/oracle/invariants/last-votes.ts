import { overLogs, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** S17: when every pledge of a contract has ended nobody votes on it any more: by the clock of its witness, and by the date of its vote. */
export function lastVotes(ledger: Ledger): Invariant {
  return overLogs('S17', ledger, ({ who, now, row, fresh }, say) => {
    if (row.kind !== 'record' || row.record.type !== 'vote' || !fresh) return
    const { record } = row
    const award = ledger.awards.get(record.body.contract)
    if (award === undefined) return
    const { exposureUntil } = award.body
    if (record.body.at > exposureUntil || now.wall > exposureUntil + 1)
      say(`agent ${who.agent} votes when nothing of the contract can change any more`, [award, record], now.at)
  })
}
