import { okay, refuse, type Answer } from '../answer.ts'
import type { CheckWord } from '../contract/ends.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'

/** Asks the application to run the check of a finally rejected delivery again; until it answers we hold no end for true. */
export function askForRecheck(turn: Turn, deal: Deal): void {
  const { stage, award } = deal.contract
  if (deal.role !== 'worker' || deal.outcome !== null || stage.kind !== 'ended' || stage.recheck === null) return
  const { milestone, resultHash, size } = stage.recheck.body
  const acceptance = award.body.terms.milestones[milestone]?.acceptance
  if (acceptance !== undefined) turn.request({ kind: 'recheck', contract: deal.id, acceptance, resultHash, size })
}

export function rechecked(turn: Turn, deal: Deal, word: CheckWord): Answer {
  const { stage } = deal.contract
  const waits = deal.role === 'worker' && deal.outcome === null && stage.kind === 'ended' && stage.recheck !== null
  if (!waits) return refuse('contract/state', 'no check of ours is waited for')
  turn.persist({ kind: 'rechecked', at: turn.now.wall, contract: deal.id, word })
  return okay()
}
