import type { BodyOf } from '@haggle/protocol'
import type { ContractFile } from '../book.ts'
import { isCertified } from '../panel.ts'
import { overLogs, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** A delivery whose review a panel certifies to be silent counts as approved. */
function isDeemed({ award, votes }: ContractFile, { duty, slot: entry, milestone }: BodyOf<'timeout'>): boolean {
  return duty === 'review' && isCertified(award, votes, { entry, duty, milestone, k: 0 }, 'absent')
}

/** S23: what is settled was delivered and approved, each milestone once, and their shares are the whole price. */
export function paidIsVerified(ledger: Ledger): Invariant {
  return overLogs('S23', ledger, ({ who, now, row, book, fresh }, say) => {
    if (row.kind !== 'record' || row.record.type !== 'closing' || !fresh) return
    const file = book.files.get(row.record.body.contract)
    if (file === undefined || row.record.body.outcome.end !== 'settled') return
    const { milestones } = file.award.body.terms
    const approved = new Set<number>()
    for (const { body } of file.timeouts) if (isDeemed(file, body)) approved.add(body.milestone)
    for (const { entry } of file.placed.values()) {
      if (entry.type !== 'approve') continue
      const answer = file.records.get(entry.body.prev)
      if (answer?.type === 'deliver' && answer.body.milestone === entry.body.milestone)
        approved.add(entry.body.milestone)
    }
    const paid = milestones.reduce((sum, { valuePermille }) => sum + valuePermille, 0)
    const verified = milestones.reduce((sum, { valuePermille }, at) => sum + (approved.has(at) ? valuePermille : 0), 0)
    if (paid !== 1_000 || verified !== paid)
      say(
        `agent ${who.agent} settled ${paid} permille of which ${verified} were approved`,
        [file.award, row.record],
        now.at,
      )
  })
}
