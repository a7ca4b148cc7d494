import { mutant, type Mutant } from '../mutant.ts'

const machine = 'packages/core/dist/contract/machine.js'
const transition = 'packages/core/dist/contract/transition.js'
const receive = 'packages/core/dist/deal/receive.js'
const market = 'packages/core/dist/market/receive.js'

/** What is taken in is not what may be said. */
export const chain: readonly Mutant[] = [
  mutant(
    'generation-not-checked',
    'an entry of another generation counts in this one',
    [machine, 'if (record.body.generation !== contract.award.body.generation) {', 'if (record.body.generation < 1) {'],
    ['S1'],
    'byzantine',
  ),
  mutant(
    'pen-not-checked',
    'an entry counts whoever holds the pen',
    [transition, 'if (entry.author !== pen)', 'if (pen === null)'],
    ['S6', 'S1'],
    'byzantine',
  ),
  mutant(
    'prev-not-checked',
    'an entry that follows nothing is hung behind the newest one',
    [
      machine,
      'const parent = contract.nodes.get(entry.body.prev);',
      'const parent = contract.nodes.get(entry.body.prev) ?? contract.nodes.get((contract.entries.at(-1) ?? contract.award).id);',
    ],
    ['S6'],
    'byzantine',
  ),
  mutant(
    'seq-not-checked',
    'an entry counts whatever its number',
    [transition, 'if (entry.body.seq !== seq + 1)', 'if (entry.body.seq < seq)'],
    ['S6'],
    'byzantine',
  ),
  {
    name: 'author-not-checked',
    breaks: 'a stranger writes into a contract of others',
    edits: [
      {
        file: receive,
        text: 'if (record.author !== deal.peer && record.author !== turn.state.self && !isVote) {',
        instead: 'if (record.author.length === 0) {',
      },
      {
        file: machine,
        text: 'if (partyOf(contract, record.author) === null)',
        instead: 'if (record.author.length === 0)',
      },
      { file: transition, text: 'if (entry.author !== pen)', instead: 'if (pen === null)' },
    ],
    expected: ['S1', 'S6'],
    scenario: 'byzantine',
  },
  mutant(
    'role-not-checked',
    'a worker opens its own contract',
    [machine, "if (role !== 'requester')", 'if (role === null)'],
    ['S1'],
    'byzantine',
  ),
  mutant(
    'anybody-withdraws-an-offer',
    'a stranger takes the offer of somebody else off the board',
    [market, 'if (offer.author !== withdrawal.author)', 'if (withdrawal.author.length === 0)'],
    ['S1'],
    'byzantine',
  ),
  mutant(
    'anybody-reopens-a-task',
    'a stranger begins a generation of a task that is not his',
    [market, 'if (offer.author !== reopening.author)', 'if (reopening.author.length === 0)'],
    ['S1', 'S6'],
    'byzantine',
  ),
  {
    name: 'terms-not-checked',
    breaks: 'a worker takes an award that does not follow from offer and bid',
    edits: [
      { file: 'packages/core/dist/worker/award.js', text: 'if (problem !== null)', instead: "if (problem === 'no')" },
    ],
    expected: ['S6', 'S2'],
    scenario: 'byzantine',
  },
  {
    name: 'awards-of-strangers',
    breaks: 'a worker takes the award of whoever writes one',
    edits: [
      {
        file: 'packages/core/dist/worker/award.js',
        text: 'if (award.author !== task.offer.author)',
        instead: 'if (award.author.length === 0)',
      },
      {
        file: 'packages/core/dist/judge/award-terms.js',
        text: 'if (award.author !== offer.author)',
        instead: 'if (award.author.length === 0)',
      },
    ],
    expected: ['S1', 'S6'],
    scenario: 'byzantine',
  },
  mutant(
    'too-dear-is-awarded',
    'a bid above the budget is taken',
    ['packages/core/dist/requester/bids.js', 'if (body.price > task.job.value) {', 'if (body.price < 0) {'],
    ['S6'],
    'byzantine',
  ),
  mutant(
    'stale-bids-are-awarded',
    'a bid that is not valid any more is awarded',
    [
      'packages/core/dist/requester/candidates.js',
      'if (bid.body.validUntil <= turn.now.wall)',
      'if (bid.body.validUntil < 0)',
    ],
    ['S6'],
  ),
  mutant(
    'early-settlement',
    'the approval of the last milestone but one settles the contract',
    [transition, 'if (stage.milestone + 1 >= milestones.length)', 'if (stage.milestone + 2 >= milestones.length)'],
    ['S23'],
  ),
  mutant(
    'failure-is-paid',
    'the approval of a failure settles the contract',
    [transition, "return end(nobodysFault('failed'), entry);", "return end(nobodysFault('settled'), entry);"],
    ['S23', 'S17'],
  ),
  mutant(
    'milestone-skipped',
    'work goes on with the milestone after the next',
    [
      transition,
      "return to({ kind: 'working', milestone: stage.milestone + 1, revision: 0 });",
      "return to({ kind: 'working', milestone: milestones.length - 1, revision: 0 });",
    ],
    ['S6', 'S23'],
  ),
]
