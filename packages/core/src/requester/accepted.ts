import type { HaggleRecord } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { isOpened } from '../contract/contract.ts'
import { ackMs, dueOf } from '../contract/timing.ts'
import { expectBeat, reviveLease } from '../deal/challenge.ts'
import { ofDeal } from '../deal/event-fields.ts'
import { isLive, type Deal, type OwnTask } from '../state.ts'
import type { Turn } from '../turn.ts'
import { awardRunsOut } from './award.ts'
import { entrusts } from '../score/opinion.ts'
import { tellLosers } from './losers.ts'

/** An ACCEPT that came in time: the opening follows within `ack`, unless the review goes out first and stands for it. */
export function receiveAccept(turn: Turn, deal: Deal, accept: HaggleRecord<'accept'>): Answer {
  const task = turn.state.own.get(deal.task)
  if (task === undefined) return refuse('task/unknown', 'no such task of ours')
  // CON-21: an ACCEPT after the window plus grace opens nothing, and a task that we took back opens nothing.
  if (turn.now.wall > awardRunsOut(deal) || deal.lapsed || deal.reopenedBy !== null)
    return refuse('entry/late', 'the accept came too late')
  if (!isLive(task) || task.withdrawal !== null) return refuse('task/closed', 'the offer was withdrawn')
  if (goesOnElsewhere(turn, task, accept)) {
    turn.report(accept.author, { code: 'entry/bad-prev', note: ELSEWHERE }, accept.id)
    return refuse('contract/state', ELSEWHERE)
  }
  turn.keep(accept)
  deal.soft.openingDue = turn.now.mono + ackMs(deal.contract.award.body.terms.timers)
  turn.notify({ event: 'accepted', ...ofDeal(turn, deal) })
  return okay(accept.id)
}

const ELSEWHERE = 'its chain does not go on from the ACCEPT before it'

/** CON-11: its author has shown another ACCEPT of this task where its link points: no file could hold both, nor what follows this one. */
function goesOnElsewhere({ state }: Turn, task: OwnTask, { author, body }: HaggleRecord<'accept'>): boolean {
  const held = task.contracts.flatMap((id) => [...(state.deals.get(id)?.held.values() ?? [])])
  const before = held.filter(
    (each) =>
      (each.type === 'accept' || each.type === 'closing') &&
      each.author === author &&
      each.body.chainSeq === body.chainSeq - 1,
  )
  return before.some(({ type }) => type === 'accept') && !before.some(({ id }) => id === body.chainPrev)
}

/** CON-21, MKT-18: an award that ran out, or whose offer was withdrawn, is not opened any more. */
export function mayOpen(turn: Turn, deal: Deal): boolean {
  const task = turn.state.own.get(deal.task)
  if (task === undefined || !isLive(task) || task.withdrawal !== null) return false
  return !isOpened(deal.contract) && deal.outcome === null && turn.now.wall <= awardRunsOut(deal)
}

/**
 * REP-20: before it opens, a requester looks once more at what the openings of others say that its worker stands for by now. One that it would
 * not award to any more it leaves unopened: that costs nobody anything.
 */
export function openOrLeave(turn: Turn, deal: Deal): void {
  const { stakeWorker } = deal.contract.award.body.terms
  if (entrusts(turn, deal.peer, stakeWorker)) open(turn, deal)
  else deal.soft.openingDue = null
}

/** Makes the opening: from here the contract binds us, and the task is off the shelf. */
function open(turn: Turn, deal: Deal): void {
  deal.soft.openingDue = null
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

/** LEASE-02: the requester counts a full lease from the opening, each approval that leaves work, each heartbeat, and its own restart. */
export function grantLease(turn: Turn, deal: Deal): void {
  deal.soft.leaseUntil = turn.now.mono + deal.contract.award.body.terms.timers.leaseMs
  deal.soft.leaseEnded = false
  expectBeat(deal, turn.now.mono)
}

/** LEASE-02: a heartbeat that counts starts the lease anew and is acknowledged. LEASE-04: none counts that comes after the due. */
export function acknowledgeBeat(turn: Turn, deal: Deal, n: number): void {
  if (deal.role !== 'requester' || deal.outcome !== null || deal.contract.stage.kind !== 'working') return
  const due = dueOf(deal.contract)
  if (due !== null && turn.now.wall > due.due) return
  grantLease(turn, deal)
  reviveLease(turn, deal)
  turn.sendFrame(deal.peer, { kind: 'heartbeat-ack', contract: deal.id, n })
}
