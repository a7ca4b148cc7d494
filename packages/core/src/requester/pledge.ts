import { protocolParams, type HaggleRecord, type RecordId } from '@haggle/protocol'
import { epochOf } from '../bookkeeping.ts'
import { isOpened } from '../contract/contract.ts'
import { ackMs } from '../contract/timing.ts'
import { binding } from '../evidence/contribute.ts'
import { entrusts, entrustsBy, scoresIn } from '../score/opinion.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { awardRunsOut } from './award.ts'

/** REP-21: such a part of what a worker may still pledge is entrusted to it unsaid, by all agents together. */
const UNSAID = 10
/** How long others are listened for at most, in δ. */
const MOST_LISTENING = 6

/**
 * REP-21: a worker that has not settled by now has something at risk with us for a while, and whoever else is about to bind it should know:
 * award and ACCEPT go to everybody. False where we would not award to it ourselves any more.
 */
export function tellPledge(turn: Turn, deal: Deal): boolean {
  deal.soft.pledgeDue = null
  const { stakeWorker } = deal.contract.award.body.terms
  if (stakeWorker === 0 || isOpened(deal.contract)) return true
  if (!entrusts(turn, deal.peer, stakeWorker)) return false
  const known = scoresIn(turn).pledges(deal.peer)
  deal.soft.pledgesBefore = new Set(known.map(({ contract }) => contract))
  if (isSmall(turn, deal)) return true
  deal.soft.pledgeTold = true
  for (const record of binding(deal)) turn.publish({ kind: 'facts' }, record)
  deal.soft.openingDue = turn.now.mono + listeningMs(turn, deal)
  return true
}

/**
 * REP-21: δ, where nobody else seems to want that worker; else longer, as far as the opening still goes out in time (CON-23): in a crowd
 * everybody is busy, and gossip takes its time.
 */
function listeningMs(turn: Turn, deal: Deal): number {
  const { timers } = deal.contract.award.body.terms
  if (!hasRivals(turn, deal)) return timers.deltaMs
  const room = awardRunsOut(deal) + ackMs(timers) - turn.now.wall
  return Math.max(timers.deltaMs, Math.min(MOST_LISTENING * timers.deltaMs, room))
}

/** Others have offers of this skill on the board, or have told what this worker pledged to them. */
function hasRivals({ state }: Turn, { skill, soft }: Deal): boolean {
  if (soft.pledgesBefore.size > 0) return true
  for (const { offer } of state.board.offers())
    if (offer.author !== state.self && offer.body.terms.skill === skill) return true
  return false
}

/** Whether a worker could still pledge many times as much if everybody whom we hear of entrusted it with what we do. */
function isSmall(turn: Turn, { peer }: Deal): boolean {
  const { state } = turn
  const scores = scoresIn(turn)
  const left = Math.max(scores.capacity(peer), protocolParams.newcomerBudgetMicro - scores.exposure(peer))
  let ours = 0
  for (const { role, peer: worker, contract } of state.live)
    if (role === 'requester' && worker === peer) ours += contract.award.body.terms.stakeWorker
  const agents = new Set([...state.peers, state.self])
  for (const { author } of state.board.adverts()) agents.add(author)
  for (const { offer } of state.board.offers()) agents.add(offer.author)
  agents.delete(peer)
  return UNSAID * agents.size * ours <= left
}

/**
 * REP-20: whether its worker may still be entrusted with this contract, by what others have told meanwhile. Pledges that were told in one
 * moment count in the order in which the worker has signed them, so that all who told them agree on who stays.
 */
export function staysEntrusted(turn: Turn, deal: Deal): boolean {
  const { stakeWorker } = deal.contract.award.body.terms
  const epoch = epochOf(turn.now.wall)
  // What we have opened ourselves a moment ago counts as well.
  if (deal.soft.pledgeTold) turn.state.ledger.reckon(turn.now.mono, true)
  const scores = turn.state.ledger.scoresWithout(epoch, deal.peer, pledgesBehind(turn, deal))
  return entrustsBy(scores, deal.peer, stakeWorker)
}

/** Pledges of our worker that give way to ours, and ours itself. */
function pledgesBehind(turn: Turn, deal: Deal): ReadonlySet<RecordId> {
  const ours = acceptOf(deal.contract.entries)
  const { set } = turn.state.ledger
  const givesWay = (contract: RecordId): boolean =>
    contract === deal.id ||
    (!deal.soft.pledgesBefore.has(contract) && comesAfter(acceptOf(set.dossier(contract)), ours))
  const pledges = scoresIn(turn).pledges(deal.peer)
  return new Set(pledges.map(({ contract }) => contract).filter(givesWay))
}

function acceptOf(records: readonly HaggleRecord[]): HaggleRecord<'accept'> | undefined {
  return records.find((record) => record.type === 'accept')
}

/** The worker has put its pledges in an order; where it gave one place to two the contract ids decide. */
function comesAfter(one: HaggleRecord<'accept'> | undefined, other: HaggleRecord<'accept'> | undefined): boolean {
  if (one === undefined || other === undefined) return false
  const places = one.body.chainSeq - other.body.chainSeq
  return places === 0 ? one.body.contract > other.body.contract : places > 0
}
