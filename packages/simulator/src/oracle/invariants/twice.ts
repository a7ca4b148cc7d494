import { withArticle } from '../article.ts'
import { isLaterEntry } from '../book.ts'
import { overLogs, type Ledger } from '../ledger.ts'
import type { Invariant, Moment, SeenFrame, Who } from '../observer.ts'
import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { sayer } from '../ledger.ts'

/** An answer waits for the disk and for its turn. */
const ANSWERED_MS = 200

interface Question {
  readonly who: Who
  readonly peer: string
  readonly record: HaggleRecord
  readonly contract: RecordId
  /** The newest own record behind it. */
  readonly answer: RecordId
  readonly until: number
}

/** S13: what comes twice changes nothing the second time, and is answered with the answer that stands. */
export function twiceIsOnce(ledger: Ledger): Invariant {
  let open: Question[] = []
  const meetings = new Meetings()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const rows = overLogs('S13', ledger, ({ who, now, row, book }, say) => {
    if (row.kind !== 'record' || row.record.type === 'bid') return
    const known = kept.get(book)
    const ids = known ?? new Set<RecordId>()
    if (known === undefined) kept.set(book, ids)
    if (ids.has(row.record.id))
      say(`agent ${who.agent} took in ${withArticle(row.record.type)} twice`, [row.record], now.at)
    ids.add(row.record.id)
  })
  const kept = new WeakMap<object, Set<RecordId>>()
  const look = (at: number): void => {
    const late = open.filter(({ until }) => until < at)
    if (late.length === 0) return
    open = open.filter(({ until }) => until >= at)
    for (const { who, record, until } of late)
      sayer(report)(`agent ${who.agent} never answered ${withArticle(record.type)} that came again`, [record], until)
  }
  return {
    ...rows,
    begin: (cast, reportTo) => {
      report = reportTo
      rows.begin(cast, reportTo)
    },
    started: (who, now) => meetings.started(who, now.at),
    received: (frame, to, now) => {
      look(now.at)
      if (frame.frame?.kind === 'tip') meetings.answered(to, frame.from.key, frame.frame.contract)
      const asked = questionsOf(ledger, frame, to, now)
      open.push(...asked.filter((each) => !meetings.isUnderWay(ledger, each, now.at)))
    },
    sent: ({ from, to, frame, records }, now) => {
      look(now.at)
      if (frame?.kind === 'tip') meetings.began(from, to, frame.contract, now.at)
      if (open.length === 0) return
      open = open.filter(({ who, peer, contract, answer }) => {
        if (who.life !== from.life || peer !== to) return true
        return !(frame?.kind === 'tip' && frame.contract === contract) && !records.some(({ id }) => id === answer)
      })
    },
    // Nothing goes out to who is not connected: when the two meet again they compare what they hold.
    parted: (who, peer, { at }) => {
      look(at)
      open = open.filter((each) => each.who.life !== who.life || each.peer !== peer)
    },
    ended: (who) => {
      open = open.filter((each) => each.who.life !== who.life)
    },
    finish: ({ at }) => look(at),
  }
}

/** While two parties compare what they hold nothing else is answered: the comparison supplies what is missing. */
class Meetings {
  readonly #since = new Map<number, number>()
  readonly #open = new Map<string, number>()

  started(who: Who, at: number): void {
    this.#since.set(who.life, at)
  }

  began(who: Who, peer: string, contract: RecordId, at: number): void {
    this.#open.set(`${who.life} ${peer} ${contract}`, at)
  }

  answered(who: Who, peer: string, contract: RecordId): void {
    this.#open.delete(`${who.life} ${peer} ${contract}`)
  }

  isUnderWay(ledger: Ledger, { who, peer, contract }: Question, at: number): boolean {
    const award = ledger.awards.get(contract)
    const deltaMs = award?.body.terms.timers.deltaMs ?? 0
    // Six times `ack` after a start, and twice after a meeting, whoever did not answer is passed over.
    if (at < (this.#since.get(who.life) ?? at) + 13 * deltaMs) return true
    const since = this.#open.get(`${who.life} ${peer} ${contract}`)
    return since !== undefined && at < since + 5 * deltaMs
  }
}

/** Records of the other party that this log holds, with something of its own behind them. */
function questionsOf(ledger: Ledger, { from, records }: SeenFrame, to: Who, now: Moment): Question[] {
  const book = ledger.bookOf(to.disk)
  const member = ledger.members.get(to.agent)
  if (book === undefined || member === undefined) return []
  // What is dated ahead of a clock waits for its time.
  if (![to.key, from.key].every((key) => ledger.keepsItsWord(key) && ledger.memberOf.get(key)?.clockHolds)) return []
  return records.flatMap((record) => {
    const contract = record.type === 'award' ? record.id : 'contract' in record.body ? record.body.contract : null
    if (contract === null || record.author !== from.key || !isSentAgain(record)) return []
    const file = book.files.get(contract)
    if (file === undefined || !file.records.has(record.id)) return []
    const held = [...file.records.values()]
    const behind = held.slice(held.findIndex(({ id }) => id === record.id) + 1)
    const answer = behind.findLast(({ author }) => author === to.key)
    if (answer === undefined) return []
    return [{ who: to, peer: from.key, record, contract, answer: answer.id, until: now.at + ANSWERED_MS }]
  })
}

/** CON-40: what its author sends again until something answers it. */
function isSentAgain(record: HaggleRecord): boolean {
  return isLaterEntry(record) || record.type === 'award' || record.type === 'cancel-req'
}
