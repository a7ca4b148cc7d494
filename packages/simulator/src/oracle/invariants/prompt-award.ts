import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant, Moment, Who } from '../observer.ts'

/** Disks take their time on both sides, and alarms are cut to whole milliseconds. */
const SLACK_MS = 400

interface Wanted {
  readonly requester: Who
  readonly worker: Who
  readonly offer: HaggleRecord<'offer'>
  readonly bid: HaggleRecord<'bid'>
  readonly until: number
}

/** L2: once all is whole, a bid of a worker that could be taken leads to an award within the window, four delays and one retry. */
export function promptAwards(ledger: Ledger): Invariant {
  let healed = false
  let report: Parameters<Invariant['begin']>[1] = () => {}
  /** Offers that a process of the core made after the healing. */
  const offers = new Map<RecordId, { readonly who: Who; readonly offer: HaggleRecord<'offer'>; readonly at: number }>()
  const wanted = new Map<RecordId, Wanted>()
  const row = (who: Who, record: HaggleRecord, now: Moment): void => {
    if (record.type === 'offer' && record.author === who.key) offers.set(record.id, { who, offer: record, at: now.at })
    if (record.type === 'bid' && record.author === who.key) bid(who, record, now)
    if (record.type !== 'award' && record.type !== 'withdrawal') return
    offers.delete(record.body.task)
    wanted.delete(record.body.task)
  }
  const bid = (who: Who, record: HaggleRecord<'bid'>, now: Moment): void => {
    const made = offers.get(record.body.task)
    if (made === undefined || record.body.generation !== 1 || wanted.has(record.body.task)) return
    const { terms, mode, value, minQuality } = made.offer.body
    if (mode !== 'auction' || record.body.price > value || minQuality !== null) return
    const { bidWindowMs, deltaMs } = terms.timers
    const until = Math.max(made.at + bidWindowMs, now.at) + 4 * deltaMs + 2 * deltaMs + SLACK_MS
    wanted.set(record.body.task, { requester: made.who, worker: who, offer: made.offer, bid: record, until })
  }
  const look = (at: number): void => {
    for (const [task, { until, requester, offer, bid: made }] of wanted) {
      if (until >= at) continue
      wanted.delete(task)
      sayer(report)(`agent ${requester.agent} held a good bid and awarded nobody in time`, [offer, made], until)
    }
  }
  return {
    id: 'L2',
    begin: (_cast, reportTo) => {
      report = reportTo
      ledger.watch(({ who, now, row: seen }) => {
        if (healed && seen.kind === 'record' && ledger.members.get(who.agent)?.core === true) row(who, seen.record, now)
        const task = seen.kind === 'entry' ? seen.entry['task'] : undefined
        for (const each of wanted.keys()) if (each === task) wanted.delete(each)
      })
    },
    fault: (_now, name) => {
      if (name === 'heal') healed = true
    },
    ended: (who) => {
      for (const [task, each] of wanted)
        if (each.requester.life === who.life || each.worker.life === who.life) wanted.delete(task)
    },
    sent: (_frame, now) => {
      if (wanted.size > 0) look(now.at)
    },
    finish: ({ at }) => look(at),
  }
}
