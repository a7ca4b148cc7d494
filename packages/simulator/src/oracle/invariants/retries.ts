import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant } from '../observer.ts'

/** Of one record to one peer, with nothing from there in between: the first, ten more, and one for a meeting. */
const MOST = 12
/** What goes out this soon after a frame of the contract answers it. */
const ANSWER_MS = 120

/** L11: what is not answered is sent again ever more seldom, and in the end not any more. */
export function retriesEnd(ledger: Ledger): Invariant {
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const sent = new Map<string, { times: number }>()
  const heard = new Map<string, number>()
  return {
    id: 'L11',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    received: ({ from, frame, records }, to, now) => {
      if (frame !== null && 'contract' in frame) heard.set(`${to.life} ${from.key} ${frame.contract}`, now.at)
      for (const record of records) {
        const subject = subjectOf(record)
        if (subject !== null) heard.set(`${to.life} ${from.key} ${subject}`, now.at)
      }
    },
    sent: ({ from, to, records }, now) => {
      if (ledger.members.get(from.agent)?.correct !== true) return
      for (const record of records) {
        const contract = contractOf(record)
        // WIT-28: a witness shows its votes to whoever comes, and waits for no answer.
        if (contract === null || record.author !== from.key || record.type === 'vote') continue
        // WIT-33: a panel is shown a file for its last record, and that one until it votes or nothing can be voted any more.
        if (ledger.awards.get(contract)?.body.panel.includes(to) === true) continue
        // Who bid and lost is shown the award, for each of its bids.
        const subject = record.type === 'award' && record.body.worker !== to ? record.body.task : contract
        const last = heard.get(`${from.life} ${to} ${subject}`)
        if (last !== undefined && now.at - last < ANSWER_MS) continue
        const place = `${from.life} ${to} ${record.id}`
        const count = sent.get(place) ?? { times: 0 }
        sent.set(place, count)
        count.times += 1
        if (count.times === MOST + 1)
          sayer(report)(`agent ${from.agent} sent one ${record.type} ${count.times} times unasked`, [record], now.at)
      }
    },
    ended: (who) => {
      for (const place of sent.keys()) if (place.startsWith(`${who.life} `)) sent.delete(place)
    },
  }
}

/** The contract or, of what was said before there was one, the task. */
function subjectOf(record: HaggleRecord): RecordId | null {
  return record.type === 'bid' ? record.body.task : contractOf(record)
}

function contractOf(record: HaggleRecord): RecordId | null {
  if (record.type === 'award') return record.id
  return 'contract' in record.body ? record.body.contract : null
}
