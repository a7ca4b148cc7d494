import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { ofDeal } from './event-fields.ts'

/** LEASE-11: one stored answer, with its proof, to whoever speaks for an older generation. */
export function fence(turn: Turn, deal: Deal): void {
  const { reopenedBy } = deal
  if (deal.role !== 'requester' || reopenedBy === null) return
  const stored = deal.contract.notes.find((note) => note.type === 'fenced')
  if (stored !== undefined) {
    turn.send(deal.peer, [reopenedBy, stored])
    return
  }
  if (deal.overtaken) return
  const fenced = turn.write('fenced', {
    at: turn.now.wall,
    contract: deal.id,
    generation: deal.generation,
    reason: reopenedBy.body.reason,
    proof: reopenedBy.id,
  })
  turn.send(deal.peer, [reopenedBy, fenced])
  turn.notify({ event: 'fenced', ...ofDeal(turn, deal), reason: reopenedBy.body.reason })
}
