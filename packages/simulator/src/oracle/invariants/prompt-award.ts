import { protocolParams, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant, Moment, SeenFrame, Who } from '../observer.ts'

/** Disks take their time, and alarms are cut to whole milliseconds. */
const SLACK_MS = 250

interface Wanted {
  readonly requester: Who
  readonly offer: HaggleRecord<'offer'>
  readonly bid: HaggleRecord<'bid'>
  readonly until: number
}

/** L2: a bid that can be taken and has come leads to an award within the window, and one retry. */
export function promptAwards(ledger: Ledger): Invariant {
  const wanted = new Map<RecordId, Wanted>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const look = (at: number): void => {
    for (const [task, { until, requester, offer, bid }] of wanted) {
      if (until >= at) continue
      wanted.delete(task)
      if (isExposed(ledger, bid.author, offer.body.terms.stakeWorker)) continue
      sayer(report)(`agent ${requester.agent} held a good bid and awarded nobody in time`, [offer, bid], until)
    }
  }
  return {
    id: 'L2',
    begin: (_cast, reportTo) => {
      report = reportTo
      ledger.watch(({ who, row }) => {
        // An award, or what takes the task off the board: a task that its own requester speaks of is looked after.
        const task = row.kind === 'entry' ? row.entry['task'] : taskIn(row.kind === 'record' ? row.record : null)
        for (const [id, { requester }] of wanted) if (id === task && requester.life === who.life) wanted.delete(id)
      })
    },
    received: (frame, to, now) => {
      if (wanted.size > 0) look(now.at)
      for (const each of wantedBy(ledger, frame, to, now))
        if (!wanted.has(each.offer.id)) wanted.set(each.offer.id, each)
    },
    ended: (who) => {
      for (const [task, { requester }] of wanted) if (requester.life === who.life) wanted.delete(task)
    },
    sent: (_frame, now) => {
      if (wanted.size > 0) look(now.at)
    },
    finish: ({ at }) => look(at),
  }
}

/** REP-19: who has pledged itself to others as well need not be entrusted with more, however long they take to say that it is over. */
function isExposed(ledger: Ledger, worker: string, stake: number): boolean {
  let pledged = stake
  for (const { body } of ledger.awards.values()) if (body.worker === worker) pledged += body.terms.stakeWorker
  return stake > 0 && pledged > protocolParams.newcomerBudgetMicro
}

function taskIn(record: HaggleRecord | null): RecordId | null {
  return record?.type === 'award' || record?.type === 'withdrawal' ? record.body.task : null
}

/** Bids of honest workers on tasks of an honest requester that nobody was awarded yet. */
function wantedBy(ledger: Ledger, { from, records }: SeenFrame, to: Who, now: Moment): readonly Wanted[] {
  const book = ledger.bookOf(to.disk)
  if (book === undefined || !isSteady(ledger, to.key) || !isSteady(ledger, from.key)) return []
  return records.flatMap((bid) => {
    if (bid.type !== 'bid' || bid.author !== from.key || bid.body.generation !== 1) return []
    const offer = book.records.get(bid.body.task)
    if (offer?.type !== 'offer' || offer.author !== to.key || !book.ownTasks.has(offer.id)) return []
    if (book.closedTasks.has(offer.id) || book.ofTask.has(offer.id) || isWithdrawn(book.records.values(), offer.id))
      return []
    const { terms, mode, value, minQuality, bidUntil } = offer.body
    const until = now.at + terms.timers.bidWindowMs + 2 * terms.timers.deltaMs + SLACK_MS
    const inTime = now.wall + until - now.at < Math.min(bidUntil, terms.endBy, bid.body.validUntil)
    return mode === 'auction' && bid.body.price <= value && minQuality === null && inTime
      ? [{ requester: to, offer, bid, until }]
      : []
  })
}

function isSteady(ledger: Ledger, key: string): boolean {
  const member = ledger.memberOf.get(key)
  return member !== undefined && member.correct && member.clockHolds && !member.forgets
}

function isWithdrawn(records: Iterable<HaggleRecord>, task: RecordId): boolean {
  for (const record of records) if (record.type === 'withdrawal' && record.body.task === task) return true
  return false
}
