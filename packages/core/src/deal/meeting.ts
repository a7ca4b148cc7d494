import type { AgentKey, HaggleRecord, RecordId, TipFrame } from '@haggle/protocol'
import { currentContractOf } from '../requester/award.ts'
import { isLive, type Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { fence } from './fence.ts'
import { answerDue } from './overtaken.ts'
import { receiveForContract } from './receive.ts'
import { resume } from './resume.ts'
import { mayAnswer, sendTip, supply } from './tip.ts'
import { payloadOf, withGround } from './unanswered.ts'

/** CON-41: when two parties meet again they compare what they hold before anything else is said about a contract that goes on. */
export function meetAgain(turn: Turn, deal: Deal): void {
  if (!deal.soft.finished) deal.soft.gate = answerDue(turn, deal)
  sendTip(turn, deal, false)
  if (deal.role === 'requester' && deal.contract.stage.kind === 'awaiting-accept') showAward(turn, deal)
}

/** CON-41: a worker that was not met before knows no contract to compare: the award itself begins it, while there is time to accept. */
function showAward(turn: Turn, deal: Deal): void {
  const { award } = deal.contract
  if (deal.outcome === null) turn.send(deal.peer, withGround(turn, deal, award), payloadOf(award))
}

/** The side that is ahead supplies what is missing; a fenced worker learns that first. */
export function receiveTip(turn: Turn, deal: Deal, tip: TipFrame): void {
  const answered = mayAnswer(deal, turn.now.mono)
  const theirs = new Set(tip.held)
  const waiting = deal.soft.unread.map(({ record }) => record)
  if (answered && deal.reopenedBy !== null) fence(turn, deal)
  if (answered) supplyAllBut(turn, deal, theirs, [...deal.held.values()])
  if (deal.soft.gate !== null && (deal.soft.asking === null || holdsAll(deal, tip))) openGate(turn, deal)
  if (!answered || tip.answer) return
  // What waited is held by now, and whoever said it may have been put back since.
  supplyAllBut(turn, deal, theirs, waiting)
  // Behind what was supplied: who asked before it signs takes this for the end of it.
  sendTip(turn, deal, true)
}

function supplyAllBut(turn: Turn, deal: Deal, theirs: ReadonlySet<RecordId>, records: readonly HaggleRecord[]): void {
  supply(
    turn,
    deal,
    records.filter(({ id }) => deal.held.has(id) && !theirs.has(id)),
  )
}

/** The first tip of the other party may name what it will only supply when it has seen ours. */
function holdsAll({ held, soft }: Deal, tip: TipFrame): boolean {
  const unread = new Set(soft.unread.map(({ record }) => record.id))
  return tip.held.every((id) => held.has(id) || unread.has(id))
}

export function openGate(turn: Turn, deal: Deal): void {
  const { unread } = deal.soft
  deal.soft.gate = null
  deal.soft.asking = null
  deal.soft.unread = []
  for (const { from, record } of unread) receiveForContract(turn, from, record)
  resume(turn, deal)
}

/** Contracts that are asked for at a time; whoever names more is heard when it meets us again. */
const UNKNOWN_ASKED = 64

/** CON-46: a contract that is unknown here may be ours by an award that our log lacks: then a task of ours is taken already. */
export function askForUnknown(turn: Turn, from: AgentKey, { contract, generation }: TipFrame): void {
  const { own, unknown } = turn.state
  const onShelf = [...own.values()].some((task) => isLive(task) && currentContractOf(turn.state, task) === null)
  if (!onShelf || unknown.has(contract) || unknown.size >= UNKNOWN_ASKED) return
  unknown.set(contract, from)
  turn.sendFrame(from, { kind: 'tip', contract, generation, held: [], answer: true })
}
