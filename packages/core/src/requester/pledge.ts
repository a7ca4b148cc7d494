import { protocolParams, type DurationMs } from '@haggle/protocol'
import { isOpened } from '../contract/contract.ts'
import { ackMs } from '../contract/timing.ts'
import { binding } from '../evidence/contribute.ts'
import { entrusts, scoresIn } from '../score/opinion.ts'
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
  const isOnTime = turn.now.mono <= (deal.soft.pledgeDue ?? 0) + slackMs(deal)
  deal.soft.pledgeDue = null
  const { stakeWorker } = deal.contract.award.body.terms
  if (stakeWorker === 0 || isOpened(deal.contract)) return true
  if (!entrusts(turn, deal.peer, stakeWorker)) return false
  const known = scoresIn(turn).pledges(deal.peer)
  deal.soft.pledgesBefore = new Set(known.map(({ contract }) => contract))
  if (isSmall(turn, deal)) return true
  deal.soft.pledgeTold = true
  for (const record of binding(deal)) turn.publish({ kind: 'facts' }, record)
  listen(turn, deal, isOnTime)
  return true
}

/**
 * REP-21: for δ, where nobody else seems to want that worker; else longer, as far as the opening still goes out in time (CON-23): in a crowd
 * everybody is busy, and gossip takes its time.
 */
function listen(turn: Turn, deal: Deal, isOnTime: boolean): void {
  const { timers } = deal.contract.award.body.terms
  const wantedMs = (hasRivals(turn, deal) ? MOST_LISTENING : 1) * timers.deltaMs
  const roomMs = awardRunsOut(deal) + ackMs(timers) - turn.now.wall
  const forMs = Math.max(timers.deltaMs, Math.min(wantedMs, roomMs))
  deal.soft.openingDue = turn.now.mono + forMs
  deal.soft.listening = { since: turn.now.wall, inFull: isOnTime && forMs === wantedMs }
}

/** REP-22: who comes later than this to what it has set itself was busy with other things, and has mail that it has not read. */
export function slackMs({ contract }: Deal): DurationMs {
  return Math.floor(contract.award.body.terms.timers.deltaMs / 2)
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
