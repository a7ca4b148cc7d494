import type { HaggleRecord, RecordId } from '@haggle/protocol'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant, Who } from '../observer.ts'

/** What a panel is told first, and may be written while the comparison is read. */
const forPanels: ReadonlySet<string> = new Set(['ask', 'challenge', 'alive'])

/**
 * S16: who was put back learns from one honest counterparty what it has signed. CON-41: behind a comparison that was asked for stands
 * everything that the one who asked did not name.
 */
export function comparisonsSupply(ledger: Ledger): Invariant {
  /** By process, peer and contract: the open questions, and what the peer has, as far as it said or was sent it since it asked. */
  const asked = new Map<string, { open: number; readonly known: Set<RecordId> }>()
  let report: Parameters<Invariant['begin']>[1] = () => {}
  const add = (who: Who, peer: string, records: readonly HaggleRecord[]): void => {
    if (asked.size === 0) return
    for (const record of records) {
      const contract = record.type === 'award' ? record.id : 'contract' in record.body ? record.body.contract : null
      if (contract !== null) asked.get(`${who.life} ${peer} ${contract}`)?.known.add(record.id)
      // A witness set stands in the file of every contract that was drawn from it.
      else for (const [place, { known }] of asked) if (place.startsWith(`${who.life} ${peer} `)) known.add(record.id)
    }
  }
  return {
    id: 'S16',
    begin: (_cast, reportTo) => {
      report = reportTo
    },
    received: ({ from, frame, records }, to) => {
      add(to, from.key, records)
      if (frame?.kind !== 'tip' || frame.answer || ledger.members.get(to.agent)?.correct !== true) return
      const place = `${to.life} ${from.key} ${frame.contract}`
      const question = asked.get(place) ?? { open: 0, known: new Set<RecordId>() }
      asked.set(place, question)
      question.open += 1
      // Of several questions it is not known which one an answer is to: what is named in any of them need not come.
      for (const id of frame.held) question.known.add(id)
    },
    sent: ({ from, to, frame, records }, now) => {
      add(from, to, records)
      if (frame?.kind !== 'tip' || !frame.answer) return
      const place = `${from.life} ${to} ${frame.contract}`
      const question = asked.get(place)
      if (question === undefined) return
      question.open -= 1
      if (question.open === 0) asked.delete(place)
      const lacking = frame.held.find((id) => !question.known.has(id))
      if (lacking === undefined) return
      const record = ledger.bookOf(from.disk)?.files.get(frame.contract)?.records.get(lacking)
      if (record !== undefined && forPanels.has(record.type)) return
      const text = `agent ${from.agent} was asked what it holds of a contract and did not show all of it`
      sayer(report)(text, record === undefined ? [] : [record], now.at)
    },
    ended: (who) => {
      for (const place of asked.keys()) if (place.startsWith(`${who.life} `)) asked.delete(place)
    },
  }
}
