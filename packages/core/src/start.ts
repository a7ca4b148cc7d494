import { grantLease } from './requester/lease.ts'
import { isOpened } from './contract/contract.ts'
import { currentContractOf } from './requester/award.ts'
import { advertTopic, marketTopic } from './market/topics.ts'
import { nextPush } from './deal/push.ts'
import type { Turn } from './turn.ts'

/** After a restart: timeouts first (the turn began with them), then topics and leases. */
export function start(turn: Turn): void {
  // What the log says of our own contracts is evidence from here on, as a snapshot of it would be.
  turn.state.ledger.countIn()
  // Adverts are renewed by gossip: who does not listen forgets everybody a minute after meeting them.
  turn.subscribe(advertTopic)
  turn.subscribe({ kind: 'facts' })
  for (const task of turn.state.open) {
    const topic = marketTopic(task.job.skill)
    turn.subscribe(topic)
    if (currentContractOf(turn.state, task) === null) turn.publish(topic, task.reopening ?? task.offer)
    // Bids came again or will: the window is counted anew.
    task.windowEnds ??= task.job.mode === 'claim' ? null : turn.now.mono + task.job.timers.bidWindowMs
  }
  for (const deal of turn.state.deals.values()) {
    if (deal.outcome !== null && nextPush(turn.state, deal) !== null) turn.state.pushing.add(deal)
  }
  for (const deal of turn.state.live) {
    if (deal.outcome !== null) continue
    // LEASE-03: a requester that restarts counts a full lease from its start.
    const leased = deal.role === 'requester' && deal.contract.stage.kind === 'working'
    if (leased && isOpened(deal.contract)) grantLease(turn, deal)
  }
}
