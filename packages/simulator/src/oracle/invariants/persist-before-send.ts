import { withArticle } from '../article.ts'
import type { HaggleRecord, RecordId, RecordType } from '@haggle/protocol'
import type { Invariant, Moment, Who } from '../observer.ts'

/** What binds nobody need not be on disk. */
const free: ReadonlySet<RecordType> = new Set<RecordType>(['advert', 'trace'])

interface Book {
  /** Own records by the row that holds them. */
  readonly rows: Map<RecordId, number>
  /** Records that came back to it as evidence. */
  readonly told: Set<RecordId>
  /** Rows below this are on the plate. */
  synced: number
}

/** S15: what a node sends under its own name stands on its disk already, so that no crash can make it forget it. */
export function persistBeforeSend(): Invariant {
  const books = new Map<number, Book>()
  const correct = new Set<number>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const bookOf = (disk: number): Book => {
    const known = books.get(disk)
    if (known !== undefined) return known
    const book = { rows: new Map(), told: new Set<RecordId>(), synced: 0 }
    books.set(disk, book)
    return book
  }
  const check = (who: Who, record: HaggleRecord, now: Moment): void => {
    if (record.author !== who.key || !correct.has(who.agent) || free.has(record.type)) return
    const book = bookOf(who.disk)
    const row = book.rows.get(record.id)
    if ((row !== undefined && row < book.synced) || book.told.has(record.id)) return
    const state = row === undefined ? 'not in its log' : 'not on its disk'
    report({
      text: `agent ${who.agent} sent ${withArticle(record.type)} that was ${state}`,
      proof: [record],
      at: now.at,
    })
  }
  return {
    id: 'S15',
    begin: (cast, reportTo) => {
      report = reportTo
      for (const { agent, correct: follows } of cast.members) if (follows) correct.add(agent)
    },
    decided: (who, now, steps) => {
      const said = new Set<RecordId>()
      for (const { does, record } of steps) {
        if (record.author !== who.key || !correct.has(who.agent) || free.has(record.type)) continue
        if (does === 'says') said.add(record.id)
        else if (said.has(record.id)) {
          const text = `agent ${who.agent} lets ${withArticle(record.type)} leave before it keeps it`
          report({ text, proof: [record], at: now.at })
        }
      }
    },
    committed: (who, _now, rows) => {
      const book = bookOf(who.disk)
      for (const row of rows) {
        if (row.kind === 'record' && row.record.author === who.key) book.rows.set(row.record.id, row.seq)
        // What it had forgotten was told by others, who remember it.
        if (row.kind === 'evidence') book.told.add(row.record.id)
      }
    },
    synced: (who, _now, next) => {
      bookOf(who.disk).synced = next['log'] ?? 0
    },
    survived: (disk, _now, next) => {
      const book = bookOf(disk)
      const end = next['log'] ?? 0
      for (const [id, row] of book.rows) if (row >= end) book.rows.delete(id)
      book.synced = end
    },
    copied: (from, to, next) => {
      const end = next['log'] ?? 0
      const rows = [...bookOf(from).rows].filter(([, row]) => row < end)
      books.set(to, { rows: new Map(rows), told: new Set(bookOf(from).told), synced: end })
    },
    sent: ({ from, records }, now) => {
      for (const record of records) check(from, record, now)
    },
    published: (from, { record }, now) => {
      if (record !== undefined) check(from, record, now)
    },
  }
}
