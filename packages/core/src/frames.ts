import type { AgentKey, ControlFrame, HeartbeatFrame } from '@haggle/protocol'
import { dueOf } from './contract/timing.ts'
import { fence } from './deal/fence.ts'
import { receiveTip } from './deal/tip.ts'
import { receiveDigest, receiveWant } from './market/receive.ts'
import { grantLease } from './requester/accepted.ts'
import type { Turn } from './turn.ts'

/** Frames that bind nobody. One that names what we do not share with its sender is dropped. */
export function receiveFrame(turn: Turn, from: AgentKey, frame: ControlFrame): void {
  switch (frame.kind) {
    case 'heartbeat':
      receiveHeartbeat(turn, from, frame)
      return
    case 'heartbeat-ack': {
      const deal = turn.state.deals.get(frame.contract)
      if (deal === undefined || deal.peer !== from || deal.role !== 'worker') return
      deal.soft.leaseUntil = turn.now.mono + deal.contract.award.body.terms.timers.leaseMs
      return
    }
    case 'tip': {
      const deal = turn.state.deals.get(frame.contract)
      if (deal !== undefined && deal.peer === from) receiveTip(turn, deal, frame)
      return
    }
    case 'digest':
      receiveDigest(turn, from, frame)
      return
    case 'want':
      receiveWant(turn, from, frame.ids)
      return
  }
}

function receiveHeartbeat(turn: Turn, from: AgentKey, beat: HeartbeatFrame): void {
  const deal = turn.state.deals.get(beat.contract)
  if (deal === undefined || deal.peer !== from || deal.role !== 'requester') return
  if (deal.reopenedBy !== null) {
    fence(turn, deal)
    return
  }
  if (deal.outcome !== null || deal.contract.stage.kind !== 'working') return
  // LEASE-04: nothing that comes after the milestone's due is acknowledged.
  const due = dueOf(deal.contract)
  if (due !== null && turn.now.wall > due.due) return
  grantLease(turn, deal)
  turn.sendFrame(from, { kind: 'heartbeat-ack', contract: deal.id, n: beat.n })
}
