import { withArticle } from '../article.ts'
import type { HaggleRecord, Terms } from '@haggle/protocol'
import type { Book } from '../book.ts'
import { overLogs, type Ledger } from '../ledger.ts'
import type { CastMember, Invariant, Moment } from '../observer.ts'
import { drawnPanel } from '../panel.ts'
import { acceptEnds, firstDue, graceOf } from '../windows.ts'

/** S6: a contract is a whole chain: every entry follows from the one before, the award from offer and bid, all in their windows. */
export function wholeChains(ledger: Ledger): Invariant {
  return overLogs('S6', ledger, ({ who, now, row, book, fresh, misplaced }, say) => {
    if (row.kind !== 'record') return
    const { record } = row
    if (misplaced !== null)
      say(`agent ${who.agent} took in ${withArticle(record.type)}: ${misplaced}`, [record], now.at)
    // CON-46: an own award that comes back is kept without what it rests on: the log lacks that too.
    if (record.type === 'award' && !book.watched.has(record.id) && (fresh || record.author !== who.key)) {
      const problem = awardProblem(book, record)
      if (problem !== null) say(`agent ${who.agent} holds an award: ${problem}`, [record], now.at)
    }
    const offMs = record.body.at - now.wall
    if (fresh && isMisdated(record.type, offMs, ledger.members.get(who.agent)))
      say(`agent ${who.agent} dated ${withArticle(record.type)} ${Math.round(offMs)} ms off`, [record], now.at)
    if (fresh && record.type === 'deliver' && isLate(book, record))
      say(`agent ${who.agent} signed a delivery when its time was over`, [record], now.at)
    if (record.type === 'timeout' && isEarly(book, record))
      say(`agent ${who.agent} took in a timeout from before the clock could run out`, [record], now.at)
    const untimely = fresh ? untimelyWord(book, record) : null
    if (untimely !== null) say(`agent ${who.agent} ${untimely}`, [record], now.at)
    if (record.type === 'accept' && lateAccept(book, record, now))
      say(`agent ${who.agent} took an accept when its window was over`, [record], now.at)
  })
}

/** Both clocks of a moment are cut to whole milliseconds. A vote is dated as what it names came, by a clock that may have been set since. */
function isMisdated(type: string, offMs: number, member: CastMember | undefined): boolean {
  if (type !== 'vote') return Math.abs(offMs) > 1
  return member?.clockHolds === true && offMs > member.epsilonMs + 1
}

function awardProblem(book: Book, award: HaggleRecord<'award'>): string | null {
  const { body } = award
  const offer = book.records.get(body.task)
  const bid = book.records.get(body.bid)
  if (offer?.type !== 'offer' || bid?.type !== 'bid') return 'its offer or its bid is not in the log'
  if (bid.body.task !== body.task || bid.author !== body.worker) return 'its bid is of another task or worker'
  if (body.price !== bid.body.price) return 'its price is not that of the bid'
  if (body.price > offer.body.value) return 'its price is above the budget'
  if (bid.body.generation > body.generation) return 'its bid is for a later generation'
  if (body.at > bid.body.validUntil) return 'its bid was not valid any more'
  if (!isSame(offer.body.terms, { ...body.terms, timers: offer.body.terms.timers }))
    return 'its terms are not those of the offer'
  const set = body.terms.witnessSet === null ? undefined : book.records.get(body.terms.witnessSet)
  if (set?.type === 'witness-set' && drawnPanel(award, set, bid).join() !== body.panel.join())
    return 'its panel was not drawn'
  if (body.generation === 1) return body.prev === body.task ? null : 'the first award follows the offer'
  const before = book.records.get(body.prev)
  const follows = before?.type === 'reopening' && before.body.generation === body.generation
  return follows && before.body.task === body.task ? null : 'it follows no reopening of its generation'
}

/** A worker accepts within the window by its own clock, a requester takes what comes within the grace beyond. */
function lateAccept(book: Book, accept: HaggleRecord<'accept'>, now: Moment): boolean {
  const file = book.files.get(accept.body.contract)
  if (file === undefined) return false
  const ends = acceptEnds(file.award)
  if (accept.author === book.key) return file.role === 'worker' && !file.overtaken && accept.body.at > ends
  // What comes when the contract has ended already is evidence and opens nothing.
  return !file.overtaken && now.wall > ends + graceOf(file.award.body.terms.timers)
}

/** WIT-35, LEASE-13: a panel is asked when nothing can come in time any more, and a worker challenged while its time runs. */
function untimelyWord(book: Book, record: HaggleRecord): string | null {
  if (record.type !== 'ask' && record.type !== 'challenge') return null
  const award = book.files.get(record.body.contract)?.award
  if (award === undefined) return null
  const { at } = record.body
  if (record.type === 'challenge')
    return record.body.milestone === 0 && at > firstDue(award) ? 'challenges a worker whose time is over' : null
  const isFirst = record.body.slot.duty === 'delivery' && record.body.slot.milestone === 0
  return isFirst && at < firstDue(award) + 2 * graceOf(award.body.terms.timers) ? 'asks before its time' : null
}

/** CON-26: what its worker knows to be late it does not sign as a delivery. */
function isLate(book: Book, { body }: HaggleRecord<'deliver'>): boolean {
  const award = book.files.get(body.contract)?.award
  return award !== undefined && body.milestone === 0 && body.revision === 0 && body.at > firstDue(award)
}

/** CON-24: before its due and the grace are over nobody's clock has run out, whatever receipts say. */
function isEarly(book: Book, { body }: HaggleRecord<'timeout'>): boolean {
  const award = book.files.get(body.contract)?.award
  if (award === undefined || body.milestone !== 0 || body.duty !== 'delivery') return false
  return body.at < firstDue(award) + graceOf(award.body.terms.timers)
}

function isSame(a: Terms, b: Terms): boolean {
  return JSON.stringify(a, bytesAsText) === JSON.stringify(b, bytesAsText)
}

function bytesAsText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? [...value].join() : value
}
