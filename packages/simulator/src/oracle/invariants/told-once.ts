import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** S22: the application hears of each end, under the contract's id, in the commit that closes it, and its log says it once. */
export function toldOnce(ledger: Ledger): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  /** By directory: contracts whose end was told, and the row that told it. */
  const told = new Map<number, Map<string, number>>()
  return {
    id: 'S22',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    committed: (who, now, rows) => {
      if (ledger.members.get(who.agent)?.correct !== true) return
      const book = told.get(who.disk) ?? new Map<string, number>()
      told.set(who.disk, book)
      for (const row of rows) {
        const ended = row.kind === 'event' ? endIn(row.event()) : null
        if (ended === null) continue
        if (book.has(ended) && !isOvertaken(ledger, who.disk, ended))
          sayer(report)(`agent ${who.agent} told one end twice`, proofOf(ledger, ended), now.at)
        book.set(ended, row.seq)
      }
      for (const row of rows) {
        if (row.kind !== 'record' || row.record.type !== 'closing' || row.record.author !== who.key) continue
        const { contract } = row.record.body
        if (!book.has(contract) && !isOvertaken(ledger, who.disk, contract))
          sayer(report)(`agent ${who.agent} closed a contract and told nobody`, [row.record], now.at)
      }
    },
    survived: (disk, _now, next) => {
      const book = told.get(disk)
      for (const [contract, seq] of book ?? []) if (seq >= (next['events'] ?? 0)) book?.delete(contract)
    },
    copied: (from, to, next) => {
      const rows = [...(told.get(from) ?? [])].filter(([, seq]) => seq < (next['events'] ?? 0))
      told.set(to, new Map(rows))
    },
  }
}

/** The contract whose end an event tells. */
function endIn(event: Readonly<Record<string, unknown>>): string | null {
  return typeof event['end'] === 'string' && typeof event['contract'] === 'string' ? event['contract'] : null
}

function isOvertaken(ledger: Ledger, disk: number, contract: string): boolean {
  // Events name a contract by the text of its id.
  return ledger.bookOf(disk)?.files.get(contract as RecordId)?.overtaken === true
}

function proofOf(ledger: Ledger, contract: string): readonly HaggleRecord[] {
  // Events name a contract by the text of its id.
  const award = ledger.awards.get(contract as RecordId)
  return award === undefined ? [] : [award]
}
