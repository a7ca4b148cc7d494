import type { HaggleRecord } from '@haggle/protocol'
import { isOpened } from '../contract/contract.ts'
import { ackMs } from '../contract/timing.ts'
import { ofDeal } from '../deal/event-fields.ts'
import { isLive, type Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { awardRunsOut } from './award.ts'
import { grantLease } from './lease.ts'
import { tellLosers } from './losers.ts'
import { tellPledge } from './pledge.ts'
import { staysEntrusted } from './second-look.ts'

/** CON-21, MKT-18: an award that ran out, or whose offer was withdrawn, is not opened any more. */
export function mayOpen(turn: Turn, deal: Deal): boolean {
  const task = turn.state.own.get(deal.task)
  if (task === undefined || !isLive(task) || task.withdrawal !== null) return false
  return !isOpened(deal.contract) && deal.outcome === null && turn.now.wall <= awardRunsOut(deal)
}

/** The opening leaves after `ack`, unless a review goes out first and stands for it. REP-21: halfway the worker's pledge is told, which may put it off. */
export function expectOpening({ now }: Turn, { contract, soft }: Deal): void {
  const { timers } = contract.award.body.terms
  soft.pledgeDue = now.mono + timers.deltaMs
  soft.openingDue = now.mono + ackMs(timers)
}

/** Nothing of it goes out any more: it is opened already, or never will be. */
export function forgetOpening({ soft }: Deal): void {
  soft.pledgeDue = null
  soft.openingDue = null
}

/** Whether this contract still waits to be opened. */
export function awaitsOpening({ soft }: Deal): boolean {
  return soft.openingDue !== null
}

/**
 * REP-20: a worker that is not entrusted with the contract any more, because of what others have told of it meanwhile, is left unopened: that
 * costs nobody anything.
 */
export function tickOpening(turn: Turn, deal: Deal): void {
  const { soft } = deal
  const isDue = (at: number | null): boolean => at !== null && at <= turn.now.mono
  if (isDue(soft.pledgeDue) && !tellPledge(turn, deal)) forgetOpening(deal)
  const due = soft.openingDue
  if (due === null || !isDue(due)) return
  forgetOpening(deal)
  if (staysEntrusted(turn, deal, due)) open(turn, deal)
}

/** Makes the opening: from here the contract binds us, and the task is off the shelf. */
function open(turn: Turn, deal: Deal): void {
  const accept = deal.contract.entries.find((entry) => entry.type === 'accept')
  if (accept === undefined || deal.contract.opening !== null) return
  const opening = turn.write('opening', {
    at: turn.now.wall,
    contract: deal.id,
    generation: deal.generation,
    accept: accept.id,
  })
  grantLease(turn, deal)
  turn.send(deal.peer, [opening])
  opened(turn, deal, opening)
}

/** Tells the application and the bidders who lost. */
export function opened(turn: Turn, deal: Deal, proof: HaggleRecord): void {
  turn.notify({ event: 'opened', ...ofDeal(turn, deal) })
  const task = turn.state.own.get(deal.task)
  if (task !== undefined) tellLosers(turn, deal, task, proof)
}
