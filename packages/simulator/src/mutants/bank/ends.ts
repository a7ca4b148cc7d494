import { mutant, type Mutant } from '../mutant.ts'

const finish = 'packages/core/dist/deal/finish.js'
const receive = 'packages/core/dist/deal/receive.js'
const slash = 'packages/core/dist/contract/slash.js'

/** Contracts end twice, or never, or at the wrong price. */
export const ends: readonly Mutant[] = [
  mutant(
    'closing-of-two',
    'a contract is closed only when the other side has closed it',
    [finish, 'if (!closed && !deal.overtaken) {', 'if (!closed && !deal.overtaken && deal.closings.length > 0) {'],
    ['L3', 'S22'],
  ),
  mutant(
    'closed-again-at-start',
    'a process that starts again closes what it has closed',
    [finish, 'const closed = deal.closings.some((each) => each.author === turn.state.self);', 'const closed = false;'],
    ['S17', 'S22'],
    'crash',
  ),
  mutant(
    'end-not-told',
    'the application never hears how a contract ended',
    [finish, 'turn.notify(endEvent(turn, deal));', ''],
    ['S22'],
  ),
  mutant(
    'told-at-every-start',
    'the application hears of every old end again',
    [finish, 'if (!closed || deal.overtaken)', 'if (outcome !== null)'],
    ['S22'],
    'crash',
  ),
  mutant(
    'lowest-end-counts',
    'of two ends of a contract the lower one counts',
    ['packages/core/dist/contract/tree.js', 'return difference > 0 ? a : b;', 'return difference < 0 ? a : b;'],
    ['S17', 'S7'],
    'byzantine',
  ),
  {
    name: 'late-approval-refused',
    breaks: 'an approval that comes late does not settle what has lapsed',
    edits: [
      {
        file: receive,
        text: "case 'reject':\n            if (tooLate(turn, deal))",
        instead: "case 'approve':\n        case 'reject':\n            if (tooLate(turn, deal))",
      },
      {
        file: receive,
        text: 'return record.author === deal.peer && isEntry(record);',
        instead: "return record.author === deal.peer && isEntry(record) && record.type !== 'approve';",
      },
    ],
    expected: ['L6'],
    scenario: 'crash',
  },
  mutant(
    'own-closing-comes-back',
    'who is shown its own closing of a contract tells its application nothing',
    [
      receive,
      'if (closing.author === turn.state.self)',
      'if (closing.author === turn.state.self && deal.outcome === null)',
    ],
    ['S22'],
  ),
  mutant(
    'whole-stake-for-a-milestone',
    'one bad milestone costs the whole stake',
    [
      slash,
      'milestones[milestone]?.valuePermille ?? 0',
      'milestones[milestone]?.valuePermille === undefined ? 0 : 1_000',
    ],
    ['S19'],
  ),
  mutant(
    'withdrawal-costs-all',
    'giving back costs as much as failing',
    [slash, 'const share = 100 + Math.floor((750 * elapsed) / 1_000);', 'const share = 1_000 + 0 * elapsed;'],
    ['S19'],
  ),
]
