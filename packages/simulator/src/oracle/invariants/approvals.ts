import type { HaggleRecord } from '@haggle/protocol'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant, Who } from '../observer.ts'

/** Six times `ack` after a start nothing is read of a contract whose other party was not heard yet; and everything has its turn. */
const READ_MS = 1_200

interface Shown {
  readonly who: Who
  readonly approve: HaggleRecord<'approve'>
  readonly until: number
}

/** L6: what its requester approved is approved for the worker too, as soon as it hears of it, whatever it held of the end before. */
export function approvalsCount(ledger: Ledger): Invariant {
  const shown = new Map<string, Shown>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const look = (at: number): void => {
    for (const [place, { who, approve, until }] of shown) {
      if (until >= at) continue
      shown.delete(place)
      if (ledger.bookOf(who.disk)?.records.has(approve.id) === true) continue
      sayer(report)(`agent ${who.agent} was shown an approval and did not take it in`, [approve], until)
    }
  }
  return {
    id: 'L6',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    received: ({ records }, to, now) => {
      if (shown.size > 0) look(now.at)
      for (const record of records) {
        if (record.type !== 'approve' || !counts(ledger, record, to)) continue
        const place = `${to.life} ${record.id}`
        if (!shown.has(place)) shown.set(place, { who: to, approve: record, until: now.at + READ_MS })
      }
    },
    ended: (who) => {
      for (const [place, each] of shown) if (each.who.life === who.life) shown.delete(place)
    },
    finish: ({ at }) => look(at),
  }
}

/** It answers a delivery or a failure that stands in this worker's log, between two that keep their word. */
function counts(ledger: Ledger, { id, author, body }: HaggleRecord<'approve'>, to: Who): boolean {
  const book = ledger.bookOf(to.disk)
  const file = book?.files.get(body.contract)
  if (book === undefined || file === undefined || file.role !== 'worker' || file.overtaken) return false
  if (author !== file.award.author || book.records.has(id)) return false
  if (![author, to.key].every((key) => ledger.keepsItsWord(key) && ledger.memberOf.get(key)?.clockHolds)) return false
  const before = file.placed.get(body.prev)
  return before?.spot.at === 'reviewed' && before.spot.milestone === body.milestone
}
