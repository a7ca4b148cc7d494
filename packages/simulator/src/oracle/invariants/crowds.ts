import { protocolParams, type AgentKey, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** What is told to nobody since it is small adds at most a tenth. */
const MOST_MICRO = (protocolParams.newcomerBudgetMicro * 11) / 10

/**
 * S25: however many bind one key at once, what it has at stake or has lost in all contracts that were opened is no more than 1.10 times what anybody would
 * entrust it with. A key that nobody has approved of, in a world where all that is said is heard, be it late.
 */
export function crowdsBindNoMore(ledger: Ledger): Invariant {
  const bound = new Map<AgentKey, Map<RecordId, HaggleRecord<'award'>>>()
  const approved = new Set<AgentKey>()
  let isHeard = false
  return {
    id: 'S25',
    begin: (cast, report) => {
      isHeard = cast.even
      ledger.watch(({ now, row, book, fresh }) => {
        if (!isHeard || !fresh || row.kind !== 'record' || !('contract' in row.record.body)) return
        const { record } = row
        const award = book.files.get(row.record.body.contract)?.award
        if (award === undefined || record.author !== award.author) return
        const { worker } = award.body
        if (record.type === 'closing') {
          // What it has lost it owes from now on.
          if (record.body.outcome.party !== worker) bound.get(worker)?.delete(award.id)
          if (record.body.outcome.end === 'settled') approved.add(worker)
        }
        if (record.type !== 'opening' && record.type !== 'reject') return
        const contracts = bound.get(worker) ?? new Map<RecordId, HaggleRecord<'award'>>()
        bound.set(worker, contracts.set(award.id, award))
        const stakes = [...contracts.values()].reduce((sum, { body }) => sum + body.terms.stakeWorker, 0)
        if (approved.has(worker) || stakes <= MOST_MICRO) return
        sayer(report)(`a key is bound with ${stakes} in ${contracts.size} contracts`, [...contracts.values()], now.at)
      })
    },
    ended: () => {
      // Who is away hears nothing, and who comes back opens what it finds.
      isHeard = false
    },
  }
}
