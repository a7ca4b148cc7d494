import type { DurationMs, HaggleRecord } from '@haggle/protocol'
import { okay, refuse, type Answer } from '../answer.ts'
import { acceptDue, dueOf, graceMs } from '../contract/timing.ts'
import { isOpened } from '../contract/contract.ts'
import { ofDeal } from '../deal/event-fields.ts'
import { askWhenDue } from '../deal/ask.ts'
import { writeTimeout } from '../deal/timeout.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { sayProgress } from './progress.ts'
import { withdraw } from './work.ts'

/** The requester's opening: answered by the signed first heartbeat, unless it came after accept + 3G. */
export function receiveOpening(turn: Turn, deal: Deal, opening: HaggleRecord<'opening'>): Answer {
  // CON-23: nothing is signed that names an opening which came after accept + 3G.
  if (turn.now.wall > lastOpening(deal)) return refuse('note/late', 'the opening came too late')
  const first = deal.role === 'worker' && deal.contract.opening === null
  turn.keep(opening)
  // One opening binds; a further one, or one that comes after the end, is evidence and nothing else.
  if (!first || deal.outcome !== null) return okay(opening.id)
  // MKT-18: what is opened is off the shelf, and makes room there for its author's next offers.
  turn.state.board.takeDown(deal.task)
  turn.notify({ event: 'opened', ...ofDeal(turn, deal) })
  if (deal.contract.stage.kind !== 'working') return okay(opening.id)
  const heartbeat = turn.write('heartbeat', {
    at: turn.now.wall,
    contract: deal.id,
    generation: deal.generation,
    opening: opening.id,
    n: 0,
  })
  turn.send(deal.peer, [heartbeat])
  startBeating(turn, deal)
  return okay(opening.id)
}

/** LEASE-01: a lease of next to nothing is its requester's own trouble; it does not keep us busy. */
const SHORTEST_BEAT_MS: DurationMs = 100

/** LEASE-01: a heartbeat every third of a lease while the worker holds the pen. */
export function startBeating(turn: Turn, deal: Deal): void {
  deal.soft.beatAt = turn.now.mono
  deal.soft.nextBeat = turn.now.mono + beatMs(deal)
}

/** LEASE-02: the worker believes in its lease from the time at which it sent its newest acknowledged heartbeat. */
export function renewLease(deal: Deal, acknowledged: number): void {
  const { soft } = deal
  if (soft.beatAt === null || acknowledged !== soft.beat) return
  soft.leaseUntil = soft.beatAt + deal.contract.award.body.terms.timers.leaseMs
}

/** Clocks of a contract that we work on. */
export function tickWorker(turn: Turn, deal: Deal): void {
  const { stage } = deal.contract
  if (stage.kind === 'awaiting-accept') {
    if (turn.now.wall > acceptDue(deal.contract.award))
      turn.persist({ kind: 'lapsed', at: turn.now.wall, contract: deal.id })
    return
  }
  if (stage.kind === 'working') {
    if (!isOpened(deal.contract) && turn.now.wall > lastOpening(deal)) {
      withdraw(turn, deal, 'unopened')
      return
    }
    beat(turn, deal)
  }
  sayProgress(turn, deal)
  const due = dueOf(deal.contract)
  if (due === null) return
  if (due.duty !== 'review' && turn.now.wall > due.due) stopWork(turn, deal, 'the due has passed')
  const grace = graceMs(deal.contract.award.body.terms.timers)
  if (due.duty !== 'review' || turn.now.wall <= due.due + grace) return
  if (deal.contract.award.body.panel.length > 0 && !reviewIsWrittenOff(turn, deal)) return
  if (isOpened(deal.contract)) writeTimeout(turn, deal, 'review')
  else turn.persist({ kind: 'lapsed', at: turn.now.wall, contract: deal.id })
}

/** CON-24: with a panel a review that never came is written down when the panel has decided, or can decide no more. */
function reviewIsWrittenOff(turn: Turn, deal: Deal): boolean {
  const asked = askWhenDue(turn, deal)
  if (asked === null || asked.verdict === 'met') return false
  return asked.verdict !== 'undecided' || asked.final
}

/** The moment until which an opening may still bind us. */
export function lastOpening(deal: Deal): number {
  const { award } = deal.contract
  return acceptDue(award) + 3 * graceMs(award.body.terms.timers)
}

/** Tells the application to stop what it does for this contract, once. */
export function stopWork(turn: Turn, deal: Deal, why: string): void {
  if (deal.soft.askedFor === null || deal.soft.askedFor === deal.id) return
  // The award's id is never asked for: it marks that the work was stopped.
  deal.soft.askedFor = deal.id
  deal.soft.nextBeat = null
  turn.request({ kind: 'stop', contract: deal.id, why })
}

function beat(turn: Turn, deal: Deal): void {
  const { soft } = deal
  if (soft.nextBeat === null || soft.nextBeat > turn.now.mono) return
  soft.beat += 1
  soft.beatAt = turn.now.mono
  soft.nextBeat = turn.now.mono + beatMs(deal)
  turn.sendFrame(deal.peer, { kind: 'heartbeat', contract: deal.id, generation: deal.generation, n: soft.beat })
}

function beatMs(deal: Deal): number {
  return Math.max(SHORTEST_BEAT_MS, Math.floor(deal.contract.award.body.terms.timers.leaseMs / 3))
}
