import type { Duty } from '@haggle/protocol'
import { weigh } from '../contract/missed.ts'
import type { AllegedFault } from '../log-entry.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { ofDeal } from './event-fields.ts'
import { nextEntry } from './next-entry.ts'
import { asItStands } from './standing.ts'

/** What we believe of the other side when a clock runs out; after a rejection the rejection itself stands. */
const allegation: Readonly<Record<Duty, AllegedFault | null>> = {
  delivery: 'NO_DELIVERY',
  review: 'SILENT_REVIEW',
  rework: null,
}

/**
 * CON-24: the waiting party writes that a clock ran out. Unless a panel certifies it nobody but itself believes it: the file stays
 * Undecided, and what we think of the other side is kept beside it.
 */
export function writeTimeout(turn: Turn, deal: Deal, duty: Duty): void {
  const { stage, entries } = asItStands(deal)
  const slot = entries.at(-1) ?? deal.contract.award
  // TIME-26: it would be a false witness; the other side has its own clock, and nothing is lost by waiting.
  if (!('milestone' in stage) || turn.state.clocks.doubt !== null) return
  const fault = isCertified(deal) ? null : allegation[duty]
  if (fault !== null) {
    turn.persist({ kind: 'alleged', at: turn.now.wall, contract: deal.id, party: deal.peer, fault })
    turn.notify({ event: 'alleged', ...ofDeal(turn, deal), party: deal.peer, fault })
  }
  const record = turn.write('timeout', { ...nextEntry(turn, deal), milestone: stage.milestone, duty, slot: slot.id })
  turn.send(deal.peer, [record])
}

/** What a panel certifies we need not allege. */
function isCertified(deal: Deal): boolean {
  const contract = asItStands(deal)
  const tip = contract.nodes.get((contract.entries.at(-1) ?? contract.award).id)
  const { kind } = tip === undefined ? { kind: 'undecided' } : weigh(contract, tip)
  return kind === 'absent' || kind === 'late'
}
