import type { HaggleRecord } from '@haggle/protocol'
import { heightOfSpot } from '../book.ts'
import { heightOf } from '../line.ts'
import { overLogs, sayer, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** S7: two correct parties never hold different ends of one contract by signature; a clock that ran out is one side's belief. */
export function sameEnds(ledger: Ledger): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const ends = new Map<string, HaggleRecord<'closing'>>()
  return {
    id: 'S7',
    begin: (_cast, reportTo) => {
      report = reportTo
      ledger.watch(({ who, now, row, fresh }) => {
        if (row.kind !== 'record' || row.record.type !== 'closing' || !fresh) return
        const { record } = row
        if (!ledger.keepsItsWord(who.key) || !isFinal(record)) return
        const { contract } = record.body
        // What a panel says a signature may still lift; but of what panels say there is one.
        const by = `${contract} ${isWitnessed(record) ? 'panel' : 'signature'}`
        const other = ends.get(by)
        // Who died before anybody heard of it has closed nothing, if the disk has lost it too.
        const stands = other !== undefined && (ledger.said.has(other.id) || isKept(ledger, other))
        if (!stands) ends.set(by, record)
        else if (other.author !== record.author && other.body.outcome.end !== record.body.outcome.end) {
          const text = `for one party the contract ended ${other.body.outcome.end}, for the other ${record.body.outcome.end}`
          sayer(report)(text, [other, record], now.at)
        }
      })
    },
  }
}

function isKept(ledger: Ledger, { id, author }: HaggleRecord): boolean {
  const member = ledger.memberOf.get(author)
  return member !== undefined && ledger.homeOf(member.agent)?.records.has(id) === true
}

const witnessed: ReadonlySet<string> = new Set(['NO_DELIVERY', 'LATE', 'ABANDONED', 'SILENT_REVIEW'])

/** Ends that no party has signed for: its panel certifies what it did not do. */
function isWitnessed({ body }: HaggleRecord<'closing'>): boolean {
  return body.outcome.fault !== null && witnessed.has(body.outcome.fault)
}

/** What rests on a signature of the party that it burdens. */
function isFinal({ body }: HaggleRecord<'closing'>): boolean {
  const { end } = body.outcome
  return end !== 'undecided' && end !== 'lapsed'
}

/** S17: an end never moves down: nobody closes a contract below the highest end that its own log holds, and nobody closes twice. */
export function endsMoveUp(ledger: Ledger): Invariant {
  return overLogs('S17', ledger, ({ who, now, row, book, fresh }, say) => {
    if (row.kind !== 'record' || row.record.type !== 'closing' || !fresh) return
    const { record } = row
    const file = book.files.get(record.body.contract)
    if (file === undefined) return
    const own = file.closings.filter(({ author }) => author === who.key)
    if (own.length > 1) say(`agent ${who.agent} closed one contract twice`, own, now.at)
    const { end, fault } = record.body.outcome
    if (file.highest === null || file.overtaken || heightOf(end, fault) >= heightOfSpot(file.highest)) return
    say(`agent ${who.agent} closed a contract as ${end}, below what its log holds`, [file.head, record], now.at)
  })
}
