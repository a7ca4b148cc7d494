import { dueOf } from '../contract/timing.ts'
import { expectBeat, reviveLease } from '../deal/challenge.ts'
import type { Deal } from '../state.ts'
import type { Turn } from '../turn.ts'

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
