import type { AgentKey, ControlFrame, HeartbeatFrame } from '@haggle/protocol'
import { receiveReconcile } from './evidence/compare.ts'
import { fence } from './deal/fence.ts'
import { askForUnknown, receiveTip } from './deal/meeting.ts'
import { mayAnswer } from './deal/tip.ts'
import { receiveDigest, receiveWant } from './market/receive.ts'
import { acknowledgeBeat } from './requester/lease.ts'
import { hearProgress } from './requester/progress.ts'
import type { Turn } from './turn.ts'
import { renewLease } from './worker/lease.ts'

/** Frames that bind nobody. One that names what we do not share with its sender is dropped. */
export function receiveFrame(turn: Turn, from: AgentKey, frame: ControlFrame): void {
  switch (frame.kind) {
    case 'heartbeat':
      receiveHeartbeat(turn, from, frame)
      return
    case 'heartbeat-ack': {
      const deal = turn.state.deals.get(frame.contract)
      if (deal !== undefined && deal.peer === from && deal.role === 'worker') renewLease(deal, frame.n)
      return
    }
    case 'progress': {
      const deal = turn.state.deals.get(frame.contract)
      if (deal !== undefined && deal.peer === from) hearProgress(turn, deal, frame)
      return
    }
    case 'tip': {
      const deal = turn.state.deals.get(frame.contract)
      if (deal === undefined) askForUnknown(turn, from, frame)
      else if (deal.peer === from) receiveTip(turn, deal, frame)
      return
    }
    case 'digest':
      receiveDigest(turn, from, frame)
      return
    case 'want':
      receiveWant(turn, from, frame.ids)
      return
    case 'reconcile':
      receiveReconcile(turn, from, frame)
      return
  }
}

function receiveHeartbeat(turn: Turn, from: AgentKey, beat: HeartbeatFrame): void {
  const deal = turn.state.deals.get(beat.contract)
  if (deal === undefined || deal.peer !== from || deal.role !== 'requester') return
  if (beat.generation !== deal.generation || deal.overtaken) return
  if (deal.reopenedBy !== null) {
    if (mayAnswer(deal, turn.now.mono)) fence(turn, deal)
    return
  }
  acknowledgeBeat(turn, deal, beat.n)
}
