import type { RecordId } from '@haggle/protocol'
import type { CheckWord } from '../contract/ends.ts'
import { askForReview, reject } from '../requester/review.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'

/** What came of a seal of a contract of ours. */
export function ownSealOpened(turn: Turn, deal: Deal, record: RecordId, word: CheckWord): void {
  if (deal.outcome !== null || deal.overtaken || deal.soft.asking !== null) return
  const { stage } = deal.contract
  const { unsealing } = deal.soft
  if (stage.kind === 'ended' && stage.by.id === record) settleSeal(turn, deal, word)
  else if (stage.kind === 'awaiting-review' && stage.answer.id === record) reviewOpened(turn, deal, word)
  else if (stage.kind === 'rejected' && unsealing?.id === record) {
    deal.soft.unsealing = null
    // What could not be tried comes again, with the worker's next word.
    if (word === 'unknown') return
    turn.keep(unsealing)
    settleSeal(turn, deal, word)
  }
}

function settleSeal(turn: Turn, deal: Deal, word: CheckWord): void {
  if (deal.rechecked === null) turn.persist({ kind: 'rechecked', at: turn.now.wall, contract: deal.id, word })
}

function reviewOpened(turn: Turn, deal: Deal, word: CheckWord): void {
  const { stage } = deal.contract
  if (deal.role !== 'requester' || stage.kind !== 'awaiting-review' || deal.soft.payloadHeld) return
  if (word === 'pass') {
    deal.soft.payloadHeld = true
    askForReview(turn, deal)
  } else if (word === 'fail' && deal.soft.askedFor !== stage.answer.id) {
    // Nobody can review what nobody can read.
    deal.soft.askedFor = stage.answer.id
    reject(turn, deal, stage.milestone, 'sealed', 'the seal cannot be opened')
  }
}
