import { overLogs, sayer, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** S18: no message makes a duty for whoever did not take it on: no award without an own bid, no work and no fault without an own accept. */
export function nothingUnasked(ledger: Ledger): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const rows = overLogs('S18', ledger, ({ who, now, row, book, fresh }, say) => {
    if (row.kind !== 'record') return
    const { record } = row
    if (record.type === 'award' && record.author !== who.key && !book.watched.has(record.id)) {
      const bid = book.records.get(record.body.bid)
      if (bid?.author !== who.key) say(`agent ${who.agent} holds an award that it never bid for`, [record], now.at)
    }
    if (
      record.type === 'opening' &&
      record.author === who.key &&
      book.records.get(record.body.accept)?.type !== 'accept'
    )
      say(`agent ${who.agent} opened what nobody had accepted`, [record], now.at)
    if (record.type !== 'closing' || !fresh || record.body.outcome.party === null) return
    const file = book.files.get(record.body.contract)
    if (file === undefined || hasAccept(file.records.values())) return
    say(`agent ${who.agent} finds somebody at fault in what nobody had accepted`, [file.award, record], now.at)
  })
  return {
    ...rows,
    begin: (cast, reportTo) => {
      report = reportTo
      rows.begin(cast, reportTo)
    },
    requested: (who, now, kind, subject) => {
      if (kind !== 'work') return
      const book = ledger.bookOf(who.disk)
      const work = [...(book?.files.values() ?? [])].filter(
        ({ award }) => award.id === subject || award.body.task === subject,
      )
      const asked = work.some(({ records }) => hasAccept(records.values()))
      if (!asked && book !== undefined)
        sayer(report)(
          `agent ${who.agent} works on what it never accepted`,
          work.map(({ award }) => award),
          now.at,
        )
    },
  }
}

function hasAccept(records: Iterable<{ readonly type: string }>): boolean {
  for (const { type } of records) if (type === 'accept') return true
  return false
}
