import { expect, test } from 'vitest'
import type { ActorMessage, ToldEvent } from '../src/demo/message.ts'
import { palette } from '../src/demo/palette.ts'
import { storyLine } from '../src/demo/playbill.ts'
import { Story } from '../src/demo/story.ts'

const plain = palette(false)

/** A story whose actors are known by ids that end in their names. */
function storyOf(...actors: readonly string[]): (actor: string, event: ToldEvent, errand?: string | null) => string[] {
  const story = new Story(plain)
  for (const name of actors)
    story.hear(name, { say: 'ready', agent: name, peerId: `id-${name}`, addresses: ['/ip4/127.0.0.1/tcp/1'] })
  return (actor, event, errand = 'words-2') =>
    story.hear(actor, { say: 'event', errand, event }).map(({ who, text }) => `${who} ${text}`)
}

const bid = (name: string, price: number, quality: number): NonNullable<ToldEvent['why']>[number] => ({
  worker: `id-${name}`,
  price,
  quality,
  score: (price * 1_000_000 * 1_000) / quality,
})

test('an award names the scores, and says when a cheaper bid lost for its quality', () => {
  const hear = storyOf('editor', 'scribe', 'garbler')
  const why = [bid('scribe', 2, 533), bid('garbler', 1, 200)]
  expect(hear('editor', { event: 'awarded', peer: 'id-scribe', generation: 1, price: 2, why })).toEqual([
    'editor awards words-2 to scribe (2 × 1000 / 533 = 3.75) before garbler (1 × 1000 / 200 = 5.00)',
    'garbler was cheaper again, and lost: quality 200 against 533',
  ])
})

test('a dearer bid that lost is not called cheaper', () => {
  const hear = storyOf('editor', 'scribe', 'garbler')
  const why = [bid('garbler', 1, 300), bid('scribe', 2, 300)]
  expect(hear('editor', { event: 'awarded', peer: 'id-garbler', generation: 1, price: 1, why })).toHaveLength(1)
})

test('the award of a later generation says that it went to a reserve', () => {
  const hear = storyOf('editor', 'scribe')
  const event = { event: 'awarded', peer: 'id-scribe', generation: 2, price: 2, why: [bid('scribe', 2, 300)] }
  expect(hear('editor', event)).toEqual([
    'editor awards words-2, generation 2, to scribe (2 × 1000 / 300 = 6.67), who stood in reserve',
  ])
})

test('a lease is told only where the work takes longer than the answer', () => {
  const hear = storyOf('editor', 'scribe')
  const opened = { event: 'opened', peer: 'id-scribe', generation: 1 }
  expect(hear('editor', opened)).toHaveLength(1)
  hear('editor', { event: 'delivered', peer: 'id-scribe', generation: 1, size: 3 })
  expect(hear('editor', opened)).toEqual([])
  expect(hear('editor', { ...opened, generation: 2 })).toHaveLength(1)
})

test('a worker’s progress names the task by what its requester calls it', () => {
  const hear = storyOf('archivist', 'slow')
  hear('archivist', { event: 'offered', task: 'id-of-the-task' }, 'checksum')
  expect(hear('slow', { event: 'progress', task: 'id-of-the-task', fraction: 0.15 }, null)).toEqual([
    'slow is 15 % through checksum',
  ])
})

test('the result names who settled the task, and in which generation', () => {
  const story = new Story(plain)
  const settled: ActorMessage = {
    say: 'event',
    errand: 'contents',
    event: { event: 'settled', peer: 'id-indexer', generation: 2 },
  }
  story.hear('indexer', { say: 'ready', agent: 'indexer', peerId: 'id-indexer', addresses: [] })
  expect(story.hear('editor', settled)).toEqual([])
  expect(story.hear('editor', { say: 'result', errand: 'contents', gist: '8 headings' })).toEqual([
    { who: 'editor', text: 'settled: contents by indexer, generation 2: 8 headings' },
  ])
})

test('what only matters to machines is left out', () => {
  const hear = storyOf('editor', 'scribe')
  for (const event of ['accepted', 'approved', 'peer', 'ready']) expect(hear('editor', { event })).toEqual([])
  expect(hear('scribe', { event: 'bid' }, null)).toEqual([])
})

test('a line is aligned with and without colour, and without colour holds no escape codes', () => {
  const line = { who: 'slow', text: 'is here' }
  expect(storyLine(line, 1_234, plain)).toBe('  1.2 s  slow       is here')
  const painted = storyLine(line, 1_234, palette(true))
  expect(painted).toContain('\u001b[')
  // oxlint-disable-next-line no-control-regex -- the escape codes are what is taken out
  expect(painted.replaceAll(/\u001b\[\d+m/g, '')).toBe(storyLine(line, 1_234, plain))
})

test('each key of a process that runs several is known by a name of its own', () => {
  const story = new Story(plain)
  for (const agent of ['ring-a', 'ring-b'])
    story.hear('ring', { say: 'ready', agent, peerId: `id-${agent}`, addresses: [] })
  expect(story.agents()).toEqual([
    { name: 'ring-a', peerId: 'id-ring-a' },
    { name: 'ring-b', peerId: 'id-ring-b' },
  ])
  const told: ActorMessage = {
    say: 'event',
    errand: 'concordance-2',
    event: { event: 'bid', peer: 'id-ring-b', price: 0.5 },
  }
  expect(story.hear('editor', told)).toEqual([{ who: 'ring-b', text: 'bids 0.5 credits for concordance-2' }])
})
