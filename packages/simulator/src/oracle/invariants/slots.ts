import { overLogs, type Ledger } from '../ledger.ts'
import type { Book, ContractFile } from '../book.ts'
import type { Invariant } from '../observer.ts'

/** S9: a correct worker accepts no more than it has slots for. */
export function withinSlots(ledger: Ledger): Invariant {
  /** The most that each agent ever offered: what it has less now may still be full from before. */
  const slots = new Map<number, number>()
  const rows = overLogs('S9', ledger, ({ who, now, row, book, fresh }, say) => {
    if (row.kind !== 'record' || row.record.type !== 'accept' || !fresh) return
    const file = book.files.get(row.record.body.contract)
    if (file === undefined || file.overtaken) return
    const most = slots.get(who.agent) ?? 0
    const working = filesAtWork(book)
    if (working.length <= most) return
    const proof = working.map(({ award }) => award)
    say(`agent ${who.agent} accepted its contract number ${working.length} with ${most} slots`, proof, now.at)
  })
  return {
    ...rows,
    published: (from, { record }) => {
      if (record?.type === 'advert' && record.author === from.key)
        slots.set(from.agent, Math.max(record.body.slots, slots.get(from.agent) ?? 0))
    },
  }
}

/** Contracts that take up a slot: those that are worked on. */
function filesAtWork(book: Book): readonly ContractFile[] {
  return [...book.files.values()].filter(
    ({ role, isOver, spot }) => role === 'worker' && !isOver && (spot.at === 'works' || spot.at === 'rejected'),
  )
}
