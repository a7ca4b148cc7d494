import type { HaggleRecord, Instant } from '@haggle/protocol'
import { isBound } from '../contract/bound.ts'
import { leaseSlot } from '../contract/certificates.ts'
import { weighLease } from '../contract/missed.ts'
import { CHALLENGES } from '../contract/slots.ts'
import { dueOf } from '../contract/timing.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'
import { slotIdOf, type SlotId } from '../witness/slot.ts'
import { showPanel } from './panel-mail.ts'

/** LEASE-13: two missed heartbeats are two thirds of a lease and δ without one. */
export function expectBeat(deal: Deal, mono: Instant): void {
  const { panel, terms } = deal.contract.award.body
  if (panel.length === 0) return
  deal.soft.challengeAt = mono + Math.floor((2 * terms.timers.leaseMs) / 3) + terms.timers.deltaMs
}

/** LEASE-13: has the panel ask a worker that fell silent for a sign of life: before its due, and only when it is bound. */
export function challengeWhenDue(turn: Turn, deal: Deal): void {
  const { soft, contract } = deal
  if (soft.challengeAt === null || soft.challengeAt > turn.now.mono) return
  soft.challengeAt = null
  const { stage } = contract
  const due = dueOf(contract)
  if (stage.kind !== 'working' || due === null || turn.now.wall > due.due || !isBound(contract)) return
  if (turn.state.clocks.doubt !== null) return
  const made = challengesOf(deal, stage.milestone)
  if (made >= CHALLENGES) return
  const challenge = turn.write('challenge', {
    at: turn.now.wall,
    contract: deal.id,
    generation: deal.generation,
    milestone: stage.milestone,
    k: made + 1,
  })
  showPanel(turn, deal, challenge)
  // The next one, should this one come to nothing, a lease later.
  soft.challengeAt = turn.now.mono + contract.award.body.terms.timers.leaseMs
}

function challengesOf({ contract }: Deal, milestone: number): number {
  return contract.notes.filter((note) => note.type === 'challenge' && note.body.milestone === milestone).length
}

/** LEASE-14: the slot of the newest challenge by which the panel certifies that nobody works, unless it was cleared; null: none. */
export function lostLease(deal: Deal): SlotId | null {
  const { contract } = deal
  const { stage } = contract
  if (stage.kind !== 'working') return null
  for (let k = challengesOf(deal, stage.milestone); k >= 1; k -= 1) {
    if (weighLease(contract, stage.milestone, k).kind === 'absent')
      return slotIdOf(deal.id, leaseSlot(contract, stage.milestone, k))
  }
  return null
}

/** LEASE-15: a worker that beats again while its task was not given away has its lease back, and its panel may vote again. */
export function reviveLease(turn: Turn, deal: Deal): void {
  const lost = lostLease(deal)
  if (lost === null) return
  const revived = turn.write('revived', {
    at: turn.now.wall,
    contract: deal.id,
    generation: deal.generation,
    certificate: lost,
  })
  turn.send(deal.peer, [revived])
  showPanel(turn, deal, revived)
}

/**
 * LEASE-13: the worker's answer to a challenge, one for each: to every witness, and to the requester. Also of a milestone that it has
 * delivered: a panel that was never shown that would call it gone.
 */
export function answerChallenge(turn: Turn, deal: Deal, challenge: HaggleRecord<'challenge'>): void {
  const { contract } = deal
  if (deal.role !== 'worker' || contract.stage.kind === 'awaiting-accept' || deal.outcome !== null) return
  const standing = contract.notes.find((note) => note.type === 'alive' && note.body.challenge === challenge.id)
  const alive =
    standing ??
    turn.write('alive', {
      at: turn.now.wall,
      contract: deal.id,
      generation: deal.generation,
      milestone: challenge.body.milestone,
      challenge: challenge.id,
    })
  showPanel(turn, deal, alive)
  turn.send(deal.peer, [alive])
}
