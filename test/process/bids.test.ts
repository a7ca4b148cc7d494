import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import type { Running, Told } from './support/running.ts'
import { scenario } from './support/scenario.ts'
import type { TaskFile } from './support/shown.ts'
import type { Stage } from './support/stage.ts'

const EAR = fileURLToPath(new URL('support/ear.mjs', import.meta.url))
/** Long enough that both bid whatever the machine does. */
const WINDOW = ['--bids', '3s', '--deadline', '60s']
/** Quality counts at least so much in the choice (MKT-22). */
const LEAST_QUALITY = 100
const MICRO = 1_000_000

interface Scored {
  readonly bid: string
  readonly worker: string
  readonly price: number
  readonly etaMs: number
  readonly quality: number
  readonly score: number
}

/** Hires with both workers bidding; the event of the award, and the award in the saved file. */
async function hired(
  stage: Stage,
  ...flags: readonly string[]
): Promise<{ readonly told: Told; readonly award: Told }> {
  const file = stage.path('saved.json')
  const hiring = stage.start(['hire', 'echo', '--json', '--save', file, ...WINDOW, ...flags], 'hello')
  expectExit(await hiring.ended(), 0)
  const told = await hiring.event('awarded')
  // The command under test wrote it.
  const { records } = JSON.parse(await readFile(file, 'utf8')) as TaskFile
  const award = records.find((record) => record.type === 'award')
  return { told, award: { event: 'award', ...award?.view } }
}

/** The award's own list is the one that the event tells, and its arithmetic holds. */
function expectScored({ told, award }: { readonly told: Told; readonly award: Told }): readonly Scored[] {
  // The event's shape is that of docs/events.md.
  const why = told['why'] as readonly Scored[]
  expect(why).toHaveLength(2)
  const scores = why.map(({ price, quality }) => Math.floor((price * MICRO * 1000) / Math.max(quality, LEAST_QUALITY)))
  expect(why.map(({ score }) => score)).toEqual(scores)
  expect(scores).toEqual(scores.toSorted((a, b) => a - b))
  expect(told).toMatchObject({ peer: why[0]?.worker, price: why[0]?.price })
  expect(award).toMatchObject({
    bid: why[0]?.bid,
    considered: why.map(({ price, ...each }) => ({ ...each, price: price * MICRO })),
  })
  return why
}

const peerOf = async (worker: Running): Promise<unknown> => (await worker.event('ready'))['peerId']

scenario(
  'the award lists the bids with their scores: price counts, and quality in the eyes of the requester',
  async ({ stage }) => {
    const dear = await stage.work('echo', ['--as', 'dear', '--price', '1.25'], 'cat')
    // It serves this requester well, which proves nothing to anybody who does not know the two.
    await hired(stage)
    const cheap = await stage.work('echo', ['--as', 'cheap', '--price', '1'], 'cat')

    const strangers = expectScored(await hired(stage, '--as', 'stranger'))
    expect(strangers.map(({ worker }) => worker)).toEqual([await peerOf(cheap), await peerOf(dear)])
    expect(new Set(strangers.map(({ quality }) => quality)).size).toBe(1)

    const own = expectScored(await hired(stage))
    expect(own.map(({ worker }) => worker)).toEqual([await peerOf(dear), await peerOf(cheap)])
    expect(own[0]?.quality).toBeGreaterThan(own[1]?.quality ?? 0)
  },
)

scenario('open bids are heard by everybody who listens, sealed ones by nobody but the requester', async ({ stage }) => {
  const [one, two] = await Promise.all([
    stage.work('echo', ['--as', 'one', '--price', '1'], 'cat'),
    stage.work('echo', ['--as', 'two', '--price', '2'], 'cat'),
  ])
  const bidders = [await peerOf(one), await peerOf(two)]
  const ear = stage.spawn(process.execPath, [EAR, 'echo'])
  await ear.many('peer', bidders.length)
  const heardBids = async (task: unknown) => {
    for (const author of bidders) await ear.event('heard', { type: 'bid', author, task })
  }

  const open = await hired(stage, '--key', 'open')
  expectScored(open)
  await heardBids(open.told['task'])

  const sealed = await hired(stage, '--key', 'sealed', '--sealed')
  const why = sealed.told['why'] as readonly Scored[]
  expect(why.map(({ worker }) => worker).toSorted()).toEqual(bidders.map(String).toSorted())

  // Whatever was said of the sealed task was said before this.
  const later = await hired(stage, '--key', 'later')
  await heardBids(later.told['task'])
  ear.events('heard')
  expect(ear.events('heard', { type: 'bid', task: sealed.told['task'] })).toEqual([])
})
