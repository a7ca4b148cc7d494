import { mutant, type Mutant } from '../mutant.ts'

const accepted = 'packages/core/dist/requester/accepted.js'
const lease = 'packages/core/dist/requester/lease.js'
const tick = 'packages/core/dist/requester/tick.js'
const work = 'packages/core/dist/worker/work.js'

/** Clocks are read wrong, or not at all. */
export const time: readonly Mutant[] = [
  mutant(
    'accept-after-its-window',
    'an accept opens the contract however late it comes',
    [
      accepted,
      'if (turn.now.wall > awardRunsOut(deal) || deal.lapsed || deal.reopenedBy !== null)',
      'if (deal.reopenedBy !== null)',
    ],
    ['S6', 'S20'],
  ),
  {
    name: 'lease-by-wall-clock',
    breaks: 'a lease ends when the wall clock says so',
    edits: [
      {
        file: lease,
        text: 'deal.soft.leaseUntil = turn.now.mono + deal',
        instead: 'deal.soft.leaseUntil = turn.now.wall + deal',
      },
      { file: tick, text: 'soft.leaseUntil > turn.now.mono', instead: 'soft.leaseUntil > turn.now.wall' },
    ],
    expected: ['S3', 'S4', 'L4'],
    scenario: 'clocks',
  },
  mutant(
    'half-a-lease',
    'a task is reopened when half of the lease is over',
    [
      tick,
      'soft.leaseUntil > turn.now.mono',
      'soft.leaseUntil - deal.contract.award.body.terms.timers.leaseMs / 2 > turn.now.mono',
    ],
    ['S3', 'S4'],
  ),
  mutant(
    'heartbeats-unheard',
    'an acknowledged heartbeat does not renew the lease',
    [lease, 'grantLease(turn, deal);\n    reviveLease', 'reviveLease'],
    ['S3', 'S4'],
  ),
  mutant(
    'lease-never-ends',
    'a worker that is gone keeps its task until the due',
    [tick, 'soft.leaseEnded = true;', 'soft.leaseEnded = true;\n    if (soft.beat >= 0)\n        return;'],
    ['L4'],
    'crash',
  ),
  mutant(
    'forward-clock-step',
    'a clock that jumped says that the time of others is over',
    ['packages/core/dist/deal/timeout.js', ' || turn.state.clocks.doubt !== null', ''],
    ['S20'],
    'clocks',
  ),
  mutant(
    'back-dated-accept',
    'a worker says that it accepted when the award was made',
    [
      'packages/core/dist/worker/award.js',
      "turn.write('accept', { ...nextEntry(turn, deal), ...turn.chainLink() })",
      "turn.write('accept', { ...nextEntry(turn, deal), at: award.body.at, ...turn.chainLink() })",
    ],
    ['S6'],
  ),
  mutant(
    'back-dated-withdraw',
    'a worker gives back at a time of its choice, which costs less',
    [
      work,
      "turn.write('withdraw', { ...nextEntry(turn, deal), milestone",
      "turn.write('withdraw', { ...nextEntry(turn, deal), at: deal.contract.award.body.at, milestone",
    ],
    ['S6'],
  ),
  mutant(
    'expired-comes-back',
    'an offer that ran out is on the board again when the clock is set back',
    ['packages/core/dist/market/board.js', 'this.#over.set(offer.id, generationOf(reopening));', ''],
    ['S20'],
    'clocks',
  ),
  mutant(
    'bidding-never-ends',
    'a task that nobody takes stays on the board for ever',
    [tick, 'if (turn.now.wall > Math.min(bidUntilOf(task), task.job.endBy)) {', 'if (turn.now.wall < 0) {'],
    ['L1'],
  ),
  mutant(
    'window-never-ends',
    'bids are collected, and nobody chooses',
    [tick, 'if (task.windowEnds === null || task.windowEnds > turn.now.mono)', 'if (task.windowEnds !== undefined)'],
    ['L2', 'L10'],
  ),
  {
    name: 'retries-without-end',
    breaks: 'what nobody answers is sent every moment, for ever',
    edits: [
      {
        file: 'packages/core/dist/deal/unanswered.js',
        text: 'Math.min(unanswered.waitMs * 2, LONGEST_WAIT_MS)',
        instead: 'Math.min(unanswered.waitMs, LONGEST_WAIT_MS)',
      },
      {
        file: 'packages/core/dist/deal/unanswered.js',
        text: 'if (unanswered.tries > MOST_TRIES) {',
        instead: 'if (unanswered.tries < 0) {',
      },
    ],
    expected: ['L11'],
    scenario: 'partition',
  },
]
