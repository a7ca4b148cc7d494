import { mutant, type Mutant } from '../mutant.ts'

const reopen = 'packages/core/dist/requester/reopen.js'
const receive = 'packages/core/dist/deal/receive.js'

/** Tasks go to more than one, or to nobody. */
export const market: readonly Mutant[] = [
  mutant(
    'award-after-award',
    'every further bid is awarded as well',
    [
      'packages/core/dist/requester/award.js',
      'if (currentContractOf(turn.state, task) !== null)',
      'if (task.contracts.length > 7)',
    ],
    ['S2'],
  ),
  mutant(
    'generation-not-raised',
    'a task is opened again under the generation that it had',
    [reopen, 'const generation = task.generation + 1;', 'const generation = Math.max(2, task.generation);'],
    ['S2', 'S3'],
  ),
  mutant(
    'reopened-without-cause',
    'a task is taken from a worker that does what it should',
    [
      'packages/core/dist/requester/tick.js',
      "if (deal.contract.stage.kind === 'working')\n        tickLease(turn, deal);",
      "if (deal.contract.stage.kind === 'working') {\n        tickLease(turn, deal);\n        const owner = turn.state.own.get(deal.task);\n        if (owner !== undefined && deal.outcome === null && canReopen(turn, owner) && deal.soft.progress === null && deal.contract.opening !== null && turn.now.wall > deal.contract.opening.body.at + 150)\n            reopenByJudgement(turn, owner, deal);\n    }",
    ],
    ['S3', 'S4'],
  ),
  mutant(
    'attempts-without-bound',
    'a task that fails is awarded more often than its terms say',
    [reopen, 'attemptsUsed(turn, task) < task.job.attempts &&', 'attemptsUsed(turn, task) >= 0 &&'],
    ['S3'],
  ),
  mutant(
    'fence-without-reason',
    'who speaks for an older generation is fenced without the proof',
    ['packages/core/dist/deal/fence.js', 'proof: reopenedBy.id,', 'proof: null,'],
    ['S3'],
  ),
  mutant(
    'withdrawn-offer-opened',
    'a task that its requester took back is opened all the same',
    [
      'packages/core/dist/requester/accepted.js',
      'if (!isLive(task) || task.withdrawal !== null)',
      'if (!isLive(task))',
    ],
    ['S20'],
  ),
  mutant(
    'closed-task-goes-on',
    'a task that is off the board takes bids again',
    ['packages/core/dist/apply.js', 'own.closedAs = entry.as;', ''],
    ['S20', 'S2', 'L1'],
    'clocks',
  ),
  mutant(
    'more-than-its-slots',
    'a worker accepts whatever it is awarded',
    [
      'packages/core/dist/worker/award.js',
      'if (slotsUsed(turn.state) > turn.state.served.slots) {',
      'if (slotsUsed(turn.state) < 0) {',
    ],
    ['S9'],
  ),
  mutant(
    'duplicates-unanswered',
    'an entry that comes again is passed over in silence',
    [receive, 'if (from === deal.peer && isSentAgain(record))', 'if (from !== deal.peer && isSentAgain(record))'],
    ['S13'],
  ),
  mutant(
    'duplicate-awards-unanswered',
    'an award that comes again is passed over in silence',
    ['packages/core/dist/records.js', 'if (from === known.peer)', 'if (from !== known.peer)'],
    ['S13'],
  ),
  mutant(
    'duplicates-kept',
    'an own entry that comes again is written down again',
    [
      receive,
      'if (deal.held.has(record.id)) {',
      "if (record.type === 'deliver' && deal.held.has(record.id))\n        turn.keep(record);\n    if (deal.held.has(record.id)) {",
    ],
    ['S13'],
  ),
  mutant(
    'nothing-supplied',
    'what the other party lost is not told again when it comes back',
    [
      'packages/core/dist/deal/meeting.js',
      'supply(turn, deal, records.filter(({ id }) => deal.held.has(id) && !theirs.has(id)));',
      '',
    ],
    ['S16', 'L6', 'S13', 'L3'],
  ),
  mutant(
    'opening-kept-secret',
    'the opening is written and not sent',
    ['packages/core/dist/requester/opening.js', 'turn.send(deal.peer, [opening]);', ''],
    ['L2', 'L6'],
  ),
  mutant(
    'lapsed-cancel-taken',
    'a worker cancels on a request that has lapsed',
    [
      'packages/core/dist/deal/react.js',
      'if (lapsed(deal.contract, request.body.at, turn.now.wall))',
      'if (request.body.at < 0)',
    ],
    ['S6'],
    'byzantine',
  ),
]
