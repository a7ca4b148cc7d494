import { mutant, type Mutant } from '../mutant.ts'

const keeper = 'packages/node/dist/snapshot-keeper.js'
const batch = 'packages/node/dist/batch.js'
const binds = "return entry.kind === 'job' || (entry.kind === 'record' && entry.record.author === self);"
const restores = "this.#parts.engine.handle({ kind: 'restored', entry });"

/** Own records of these types are sent while the disk still writes them. */
function notDurable(name: string, breaks: string, ...types: readonly string[]): Mutant {
  const instead = `return entry.kind === 'job' || (entry.kind === 'record' && entry.record.author === self && !${JSON.stringify(types)}.includes(entry.record.type));`
  return mutant(name, breaks, [batch, binds, instead], ['S15'])
}

/** Records of these types are on disk, and a process that starts does not take them in. */
function forgotten(name: string, breaks: string, expected: readonly string[], ...types: readonly string[]): Mutant {
  const instead = `if (!(entry.kind === 'record' && ${JSON.stringify(types)}.includes(entry.record.type))) ${restores}`
  return mutant(name, breaks, [keeper, restores, instead], expected, 'crash')
}

/** What goes wrong only where a process dies at a bad moment, in a contract that does not go well. */
export const restarts: readonly Mutant[] = [
  notDurable('refusals-are-not-durable', 'a no is sent before it is on disk', 'decline', 'reject', 'withdraw'),
  notDurable('failures-are-not-durable', 'that the task failed is sent before it is on disk', 'failed', 'concede'),
  notDurable(
    'reopenings-are-not-durable',
    'the next generation is called out before it is on disk',
    'reopening',
    'fenced',
  ),
  notDurable('cancels-are-not-durable', 'a cancel is sent before it is on disk', 'cancel-req', 'agree', 'cancel'),
  mutant(
    'last-entry-decides',
    'of what is written together only the last decides whether the disk is waited for',
    [
      batch,
      'if (bindsUs(entry, this.#self))\n            this.durable = true;',
      'this.durable = bindsUs(entry, this.#self);',
    ],
    ['S15'],
  ),
  forgotten(
    'openings-forgotten-at-start',
    'a requester that starts again opens once more',
    ['S13', 'S3', 'L3'],
    'opening',
  ),
  forgotten('failures-forgotten-at-start', 'who starts again does not know that it gave up', ['S10', 'S13'], 'failed'),
  forgotten('reviews-forgotten-at-start', 'who starts again reviews what it has rejected', ['S10', 'S13'], 'reject'),
  forgotten(
    'timeouts-forgotten-at-start',
    'who starts again waits for what it said is over',
    ['S10', 'S13'],
    'timeout',
  ),
  forgotten(
    'declines-forgotten-at-start',
    'who starts again accepts what it has declined',
    ['S6', 'S10', 'S13'],
    'decline',
  ),
  mutant(
    'workers-sign-before-they-ask',
    'a worker that starts again signs before the requester has said what it holds',
    [
      'packages/core/dist/deal/overtaken.js',
      'if (deal.overtaken || deal.outcome !== null)\n            continue;',
      "if (deal.overtaken || deal.outcome !== null || deal.role === 'worker')\n            continue;",
    ],
    ['S16'],
    'crash',
  ),
  mutant(
    'bids-not-kept',
    'an award names bids that its requester does not write down',
    [
      'packages/core/dist/requester/award.js',
      'keepBids(turn, task, [winner.id, ...reserves.map(({ bid }) => bid)]);',
      '',
    ],
    ['S6'],
  ),
]
