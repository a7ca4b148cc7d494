import { mutant, type Mutant } from '../mutant.ts'

const certificate = 'packages/core/dist/witness/certificate.js'
const vote = 'packages/core/dist/witness/slot-vote.js'
const look = 'packages/core/dist/witness/look.js'
const panel = 'packages/core/dist/witness/panel.js'
const cast = 'packages/core/dist/witness/cast.js'
const missed = 'packages/core/dist/contract/missed.js'
const receive = 'packages/core/dist/witness/receive.js'
const seal = 'packages/node/dist/pure/seal.js'
const push = 'packages/core/dist/deal/push.js'
const ask = 'packages/core/dist/deal/ask.js'
const challenge = 'packages/core/dist/deal/challenge.js'

/** Panels that certify what is not so, and parties that do not show them what is. */
export const panels: readonly Mutant[] = [
  mutant(
    'echo-of-one',
    'one other witness is enough to say of something late that it came in time',
    [panel, 'echo: f + 1, timely: 2 * f + 1', 'echo: 1, timely: 2 * f + 1'],
    ['S11'],
    'witness',
  ),
  mutant(
    'quorum-of-few',
    'f + 1 equal votes are a certificate',
    [panel, 'timely: 2 * f + 1, late: 2 * f + 1, absent: 2 * f + 1 }', 'timely: f + 1, late: f + 1, absent: f + 1 }'],
    ['S3', 'S10', 'S11', 'S23'],
    'witness',
  ),
  mutant(
    'slash-on-allegation',
    'a clock that ran out convicts without a certificate',
    [
      missed,
      'if (certificates === null)\n        return undecided;\n    const stage',
      "if (certificates === null)\n        return { kind: 'absent', slot, absent: { verdict: 'absent', names: null, due: 0, at: 0, votes: [] } };\n    const stage",
    ],
    ['S10', 'S3', 'S23'],
    'witness',
  ),
  mutant(
    'ask-after-approval',
    'a witness calls absent what the asker itself has approved',
    [vote, 'if (acknowledged)\n            return', 'if (acknowledged && slot.asked === null)\n            return'],
    ['S11'],
    'false-asks',
  ),
  mutant(
    'witness-restarts-and-votes',
    'a witness that was away says that nothing came',
    [vote, 'return sight.wasPresent(due - graceMs, due + graceMs) ?', 'return due > graceMs ?'],
    ['S11'],
    'witness',
  ),
  mutant(
    'author-counted-twice',
    'several votes of one witness make a quorum',
    [certificate, 'byAuthor.set(vote.author, vote);', 'byAuthor.set(vote.id, vote);'],
    ['S3', 'S10', 'S11', 'S23'],
    'liars',
  ),
  mutant(
    'panel-not-drawn',
    'a worker takes whatever panel its requester names',
    [
      'packages/core/dist/judge/award-terms.js',
      'return drawn.length === panel.length && drawn.every((key, index) => key === panel[index])',
      'return drawn.length === panel.length',
    ],
    ['S6'],
    'liars',
  ),
  mutant(
    'gone-and-delivered',
    'a witness that called a worker gone calls its delivery timely',
    [look, "isBarred: slot.duty === 'delivery' && isBarred(state, watch, slot.milestone),", 'isBarred: false,'],
    ['S11'],
    'witness',
  ),
  mutant(
    'echo-without-bytes',
    'a witness calls timely what it does not hold',
    [vote, 'if (heldAt === null)\n        return false;', ''],
    ['S11'],
    'liars',
  ),
  {
    name: 'vote-before-persist',
    breaks: 'a vote leaves before it is written down',
    edits: [
      { file: cast, text: "const vote = turn.write('vote', {", instead: "const vote = turn.sign('vote', {" },
      {
        file: cast,
        text: 'noteVote(watch, vote);\n    spread(turn, watch, vote);',
        instead: 'noteVote(watch, vote);\n    spread(turn, watch, vote);\n    turn.keep(vote);',
      },
    ],
    expected: ['S15'],
    scenario: 'witness',
  },
  mutant(
    'key-untried',
    'a witness takes whatever key a worker shows for the right one',
    [receive, "if (record.type === 'unseal')", "if (record.type === 'unseal' && heldAt < 0)"],
    ['S10'],
    'seals',
  ),
  mutant(
    'result-not-compared',
    'a key is right that opens another result than the one that was delivered',
    [seal, 'result !== null && payloadHashOf(result) === resultHash;\n    };', 'result !== null;\n    };'],
    ['S10'],
    'seals',
  ),
  mutant(
    'wrap-not-compared',
    'a key is right that its requester could never have had',
    [seal, '!timingSafeEqual(wrapped, sealed.subarray(0, WRAPPED_BYTES))', '!timingSafeEqual(wrapped, wrapped)'],
    ['S10'],
    'seals',
  ),
  mutant(
    'approval-not-shown',
    'a requester does not show its panel what it has approved',
    [
      push,
      "last.type !== 'award' && last.type !== 'accept'",
      "last.type !== 'award' && last.type !== 'approve' && last.type !== 'accept'",
    ],
    ['S11'],
    'false-asks',
  ),
  mutant(
    'first-review-covers-the-second',
    'what a panel said of one delivery counts for every later one of its milestone',
    [certificate, 'const name = `${slot.entry}/${slot.duty}', 'const name = `${slot.duty}'],
    ['S3', 'S10', 'S11', 'S23', 'L3'],
    'witness',
  ),
  mutant(
    'grace-of-the-sender',
    'who delivers at the last moment shows it to the panel a grace later',
    [
      push,
      'Math.min(first, push.due ?? first)',
      '(push.due ?? first) + 3 * deal.contract.award.body.terms.timers.epsilonMs',
    ],
    ['S11'],
    'false-asks',
  ),
  mutant(
    'challenge-after-due',
    'a requester challenges a worker whose time is over',
    [challenge, 'turn.now.wall > due.due || ', ''],
    ['S6'],
    'witness',
  ),
  mutant(
    'early-ask',
    'a requester asks when the due is just over',
    [ask, 'return due + graceMs(timers) + echoWaitMs(timers);', 'return due;'],
    ['S6'],
    'witness',
  ),
  mutant(
    'challenge-not-answered',
    'a worker says nothing when its panel asks for a sign of life',
    [challenge, 'showPanel(turn, deal, alive);', ''],
    ['S11'],
    'liars',
  ),
  mutant(
    'late-is-timely',
    'a witness calls timely what came within the late window',
    [
      vote,
      'if (at <= rules.due + rules.graceMs && heldAt <= bytesBy)',
      'if (at <= rules.due + rules.graceMs + rules.lateMs && heldAt <= bytesBy)',
    ],
    ['S11'],
    'witness',
  ),
]
