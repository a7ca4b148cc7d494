import type { ProgressFrame } from '@haggle/protocol'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'

/** MKT-28: half of what a worker keeps to, so that none of its words is lost to a wire that bunches them. */
const HEARD_EVERY_MS = 500

/** MKT-28: the word of the worker of a contract that it works on; it renews no lease, and a flood of it is heard twice a second. */
export function hearProgress(turn: Turn, deal: Deal, frame: ProgressFrame): void {
  const { stage } = deal.contract
  if (deal.role !== 'requester' || deal.outcome !== null || deal.reopenedBy !== null) return
  if (frame.generation !== deal.generation || (stage.kind !== 'working' && stage.kind !== 'rejected')) return
  if (deal.soft.progressFrom > turn.now.mono) return
  deal.soft.progressFrom = turn.now.mono + HEARD_EVERY_MS
  turn.request({
    kind: 'progress',
    task: deal.task,
    contract: deal.id,
    generation: deal.generation,
    worker: deal.peer,
    permille: frame.permille,
    note: frame.note === null ? null : plain(frame.note),
  })
}

/** A stranger's text without anything that moves a cursor, turns the direction of writing, or breaks a line. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}
