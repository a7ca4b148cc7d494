import { okay, refuse, type Answer } from '../answer.ts'
import type { Command } from '../command.ts'
import { clip } from '../requester/review.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'

/** MKT-28: a handler may say how far it is as often as it likes; the requester hears of it once a second. */
const BETWEEN_MS = 1_000

/** Keeps the newest word on how far the work is, and says it when the last one is long enough ago. */
export function reportProgress(turn: Turn, deal: Deal, command: Extract<Command, { kind: 'progress' }>): Answer {
  const { stage } = deal.contract
  if (deal.role !== 'worker') return refuse('contract/not-yours', 'the other side works')
  if (deal.outcome !== null) return refuse('contract/ended', 'the contract has ended')
  if (stage.kind !== 'working' && stage.kind !== 'rejected')
    return refuse('contract/state', `nothing is worked on: ${stage.kind}`)
  const permille = Math.min(1_000, Math.max(0, Math.round(command.permille)))
  deal.soft.progress = { permille, note: command.note === null ? null : clip(command.note) }
  sayProgress(turn, deal)
  return okay()
}

/** MKT-28: what waits to be said is said when its time has come, unless the work is over by then. */
export function sayProgress(turn: Turn, deal: Deal): void {
  const { soft } = deal
  if (soft.progress === null || soft.progressFrom > turn.now.mono) return
  const { permille, note } = soft.progress
  soft.progress = null
  const { stage } = deal.contract
  if (stage.kind !== 'working' && stage.kind !== 'rejected') return
  soft.progressFrom = turn.now.mono + BETWEEN_MS
  turn.sendFrame(deal.peer, {
    kind: 'progress',
    contract: deal.id,
    generation: deal.generation,
    permille,
    note,
  })
}
