import type { HaggleRecord } from '@haggle/protocol'
import { overLogs, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** S19: nobody loses more than the terms put at stake for what he did. */
export function withinStakes(ledger: Ledger): Invariant {
  return overLogs('S19', ledger, ({ who, now, row, book, fresh }, say) => {
    if (row.kind !== 'record' || row.record.type !== 'closing' || !fresh) return
    const file = book.files.get(row.record.body.contract)
    if (file === undefined) return
    const most = mostOf(file.award, row.record, file.head)
    if (row.record.body.slash > most)
      say(
        `agent ${who.agent} counts ${row.record.body.slash} as lost of ${most} at most`,
        [file.award, row.record],
        now.at,
      )
  })
}

function mostOf(award: HaggleRecord<'award'>, { body }: HaggleRecord<'closing'>, head: HaggleRecord): number {
  const { party, fault } = body.outcome
  const { stakeWorker, stakeRequester, milestones } = award.body.terms
  if (party === null || fault === null) return 0
  if (party === award.author) return stakeRequester
  if (party !== award.body.worker) return 0
  if (fault !== 'WITHDRAW' && fault !== 'BAD' && fault !== 'CONCEDE') return stakeWorker
  const shares = milestones.map(({ valuePermille }) => Math.floor((stakeWorker * valuePermille) / 1_000))
  const share = 'milestone' in head.body ? (shares[head.body.milestone] ?? 0) : Math.max(...shares)
  // A withdrawal costs less than the failure that it announces.
  return fault === 'WITHDRAW' ? Math.floor((share * 850) / 1_000) : share
}
