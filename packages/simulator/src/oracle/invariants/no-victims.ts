import type { HaggleRecord } from '@haggle/protocol'
import { isLaterEntry } from '../book.ts'
import { overLogs, sayer, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** Faults that a signature proves against whoever made it. */
const contradictions: ReadonlySet<string> = new Set(['FORK', 'FORGED_GENERATION', 'SIGNED_BREACH', 'FALSE_REJECT'])

/** S10: nobody pays for a contradiction without the two signatures that are one, and no correct agent ever makes them. */
export function noVictims(ledger: Ledger): Invariant {
  const entries = new Map<string, HaggleRecord>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const rows = overLogs('S10', ledger, ({ who, now, row, book, fresh }, say) => {
    if (row.kind !== 'record' || row.record.type !== 'closing' || !fresh) return
    const { party, fault } = row.record.body.outcome
    if (party === null || fault === null || !contradictions.has(fault)) return
    const file = book.files.get(row.record.body.contract)
    const evidence = [...(file?.records.values() ?? [])].filter(({ author }) => author === party)
    // A wrong check is somebody's mistake; two words on one question are not.
    if (fault !== 'FALSE_REJECT' && ledger.keepsItsWord(party))
      say(
        `agent ${who.agent} holds ${fault} against an agent that did nothing wrong`,
        [row.record, ...evidence],
        now.at,
      )
    const proven = fault === 'FORK' ? evidence.some((each) => evidence.some((other) => isFork(each, other))) : true
    if (!proven || evidence.length === 0)
      say(
        `agent ${who.agent} holds ${fault} against somebody without the signatures that prove it`,
        [row.record],
        now.at,
      )
  })
  return {
    ...rows,
    begin: (cast, reportTo) => {
      report = reportTo
      rows.begin(cast, reportTo)
    },
    sent: ({ from, records }, now) => {
      for (const record of records) {
        if (!isLaterEntry(record) || record.author !== from.key || !ledger.keepsItsWord(from.key)) continue
        const place = `${record.author} ${record.body.prev}`
        const before = entries.get(place)
        if (before === undefined) entries.set(place, record)
        else if (before.id !== record.id)
          sayer(report)(`agent ${from.agent} signed two entries on one`, [before, record], now.at)
      }
    },
  }
}

/** Two words of one author on one question. */
function isFork(a: HaggleRecord, b: HaggleRecord): boolean {
  return a.id !== b.id && isLaterEntry(a) && isLaterEntry(b) && a.body.prev === b.body.prev
}
