import { withArticle } from '../article.ts'
import type { HaggleRecord, RecordId } from '@haggle/protocol'
import type { Book } from '../book.ts'
import { overLogs, type Ledger } from '../ledger.ts'
import type { Invariant, Moment, SeenFrame, Who } from '../observer.ts'

/** S16: who was shown by an honest counterparty that its log lacks something of its own signs nothing more in that contract. */
export function nothingAfterOvertaken(ledger: Ledger): Invariant {
  /** By process and contract: when it was first shown an own record that its log lacked. */
  const shown = new Map<string, number>()
  const asked = new Questions()
  const rows = overLogs('S16', ledger, ({ who, now, row, book, fresh }, say) => {
    if (row.kind !== 'record' || !fresh || !('contract' in row.record.body)) return
    const { record } = row
    const file = book.files.get(row.record.body.contract)
    if (file === undefined) return
    if (file.overtaken)
      say(`agent ${who.agent} signed ${withArticle(record.type)} after it was overtaken`, [record], now.at)
    if (asked.isOpen(who, file.award, now))
      say(
        `agent ${who.agent} signed ${withArticle(record.type)} before it had asked what it signed before`,
        [record],
        now.at,
      )
    const since = shown.get(`${who.life} ${file.award.id}`)
    if (since !== undefined && since + UNREAD_MS < now.at)
      say(`agent ${who.agent} signed ${withArticle(record.type)} beside what it had signed before`, [record], now.at)
  })
  return {
    ...rows,
    started: (who, now) => asked.began(who, ledger.bookOf(who.disk), now),
    sent: ({ from, frame }, now) => {
      if (frame?.kind === 'tip') asked.met(from, frame.contract, now)
    },
    received: (frame, to, now) => {
      if (frame.frame?.kind === 'tip') asked.answered(to, frame.frame.contract)
      for (const contract of lacking(ledger, frame, to)) {
        const place = `${to.life} ${contract}`
        if (!shown.has(place)) shown.set(place, now.at)
      }
    },
  }
}

/** CON-44: contracts that a process found open when it began, and whose other party has not spoken yet. */
class Questions {
  readonly #open = new Map<string, number>()
  readonly #met = new Map<string, number>()

  began(who: Who, book: Book | undefined, now: Moment): void {
    for (const file of book?.files.values() ?? [])
      if (!file.isOver) this.#open.set(`${who.life} ${file.award.id}`, now.mono)
  }

  met(who: Who, contract: RecordId, now: Moment): void {
    const place = `${who.life} ${contract}`
    if (!this.#met.has(place)) this.#met.set(place, now.mono)
  }

  answered(who: Who, contract: RecordId): void {
    this.#open.delete(`${who.life} ${contract}`)
  }

  /** Who is not met within four `ack` is passed over, and who says nothing within two `ack` then. */
  isOpen(who: Who, { id, body }: HaggleRecord<'award'>, now: Moment): boolean {
    const since = this.#open.get(`${who.life} ${id}`)
    const met = this.#met.get(`${who.life} ${id}`) ?? now.mono
    const { deltaMs } = body.terms.timers
    return since !== undefined && now.mono - since < 8 * deltaMs && now.mono - met < 4 * deltaMs - SENT_MS
  }
}

/** The first word to the other party waits for the disk. */
const SENT_MS = 20
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
