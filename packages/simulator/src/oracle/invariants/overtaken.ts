import type { RecordId } from '@haggle/protocol'
import { overLogs, type Ledger } from '../ledger.ts'
import type { Invariant, SeenFrame, Who } from '../observer.ts'

/** S16: who was shown by an honest counterparty that its log lacks something of its own signs nothing more in that contract. */
export function nothingAfterOvertaken(ledger: Ledger): Invariant {
  /** By process and contract: when it was first shown an own record that its log lacked. */
  const shown = new Map<string, number>()
  const rows = overLogs('S16', ledger, ({ who, now, row, book, fresh }, say) => {
    if (row.kind !== 'record' || !fresh || !('contract' in row.record.body)) return
    const { record } = row
    const file = book.files.get(row.record.body.contract)
    if (file === undefined) return
    if (file.overtaken) say(`agent ${who.agent} signed a ${record.type} after it was overtaken`, [record], now.at)
    const since = shown.get(`${who.life} ${file.award.id}`)
    if (since !== undefined && since + UNREAD_MS < now.at)
      say(`agent ${who.agent} signed a ${record.type} beside what it had signed before`, [record], now.at)
  })
  return {
    ...rows,
    received: (frame, to, now) => {
      for (const contract of lacking(ledger, frame, to)) {
        const place = `${to.life} ${contract}`
        if (!shown.has(place)) shown.set(place, now.at)
      }
    },
  }
}

/** What has arrived may still wait for its turn. */
const UNREAD_MS = 250

/** Contracts in which this frame shows its receiver a record of its own that its log does not hold. */
function lacking(ledger: Ledger, { from, records }: SeenFrame, to: Who): readonly RecordId[] {
  const book = ledger.bookOf(to.disk)
  if (book === undefined || ledger.members.get(to.agent)?.correct !== true) return []
  return records.flatMap((record) => {
    if (record.author !== to.key || !('contract' in record.body)) return []
    const file = book.files.get(record.body.contract)
    // What comes after its end is evidence and nothing else.
    if (file === undefined || file.isOver || file.records.has(record.id)) return []
    const peer = file.role === 'requester' ? file.award.body.worker : file.award.author
    return peer === from.key ? [file.award.id] : []
  })
}
