import type { RecordId } from '@haggle/protocol'
import { sayer, type Ledger } from '../ledger.ts'
import type { Invariant, Who } from '../observer.ts'

/** A disk takes its time, and an answer waits for its turn. */
const SYNCED_MS = 150

interface Secret {
  readonly who: Who
  readonly contract: RecordId
  readonly worker: string
  readonly id: RecordId
  readonly since: number
}

/**
 * L2: the last of the four delays is that of the opening: a worker whose accept was opened hears of it. Whoever is cut off from it
 * compares what they hold when they meet again; a worker that speaks of the contract as if nothing had been said is not cut off.
 */
export function promptOpenings(ledger: Ledger): Invariant {
  let open: Secret[] = []
  let report: Parameters<Invariant['begin']>[1] = () => {}
  return {
    id: 'L2',
    begin: (_cast, reportTo) => {
      report = reportTo
      ledger.watch(({ who, now, row, book, fresh }) => {
        if (row.kind !== 'record' || row.record.type !== 'opening' || !fresh) return
        const { contract } = row.record.body
        const worker = book.files.get(contract)?.award.body.worker
        if (worker !== undefined && ledger.keepsItsWord(worker))
          open.push({ who, contract, worker, id: row.record.id, since: now.at })
      })
    },
    sent: ({ from, to, frame, records }) => {
      if (open.length === 0) return
      open = open.filter(({ who, worker, contract, id }) => {
        if (who.life !== from.life || worker !== to) return true
        return !records.some((record) => record.id === id) && !(frame?.kind === 'tip' && frame.contract === contract)
      })
    },
    received: ({ from, records }, to, now) => {
      if (open.length === 0) return
      for (const { who, worker, contract, since } of open) {
        if (who.life !== to.life || worker !== from.key || since + SYNCED_MS > now.at) continue
        if (ledger.bookOf(to.disk)?.files.get(contract)?.isOver !== false) continue
        const said = records.find(
          ({ author, body }) => author === worker && 'contract' in body && body.contract === contract,
        )
        if (said === undefined) continue
        sayer(report)(`agent ${who.agent} opened a contract and did not tell its worker`, [said], now.at)
      }
    },
    ended: (who) => {
      open = open.filter((each) => each.who.life !== who.life)
    },
  }
}
