import { describe, expect } from 'vitest'
import { Chance } from './support/chance.ts'
import { expectExit } from './support/expect-exit.ts'
import { passing } from './support/limit.ts'
import type { Running } from './support/running.ts'
import { scenario } from './support/scenario.ts'
import { linesOf } from './support/running.ts'
import type { Stage } from './support/stage.ts'

const chance = Chance.open()
/** From its first line to its result an undisturbed hire of this task takes about so long. */
const STRUCK_WITHIN_MS = 4_000
/** How long a process is away: up to twice the lease of the profile. */
const AWAY_MS = { least: 200, most: 10_000 }
const COMMAND = ['sh', '-c', 'sleep 2; tr a-z A-Z']
const HIRE = ['hire', 'shout', '--key', 'task', '--wait', '60s', '--deadline', '110s', '--json']
const LIMIT_MS = 120_000

const victims = ['worker', 'requester', 'bystander'] as const
const strikes = victims.flatMap((victim) => (['kill -9', 'SIGSTOP'] as const).map((strike) => ({ victim, strike })))

interface Cast {
  worker: Running
  requester: Running
  bystander: Running
}

const start = {
  worker: (stage: Stage) => stage.work('shout', [], ...COMMAND),
  // The running agent carries the hire out, so that its end can be heard wherever the hire was struck.
  requester: (stage: Stage) => Promise.resolve(stage.start(HIRE, 'hello')),
  bystander: (stage: Stage) => stage.work('shout', ['--as', 'bystander', '--price', '20'], 'cat'),
}

describe(`struck at a random point (HAGGLE_SEED=${chance.seed} repeats it)`, () => {
  scenario.concurrent.for(strikes)(
    '$strike of the $victim and its return: one settlement, both sides tell alike, nothing is lost',
    async ({ victim, strike }, { stage }) => {
      const dice = chance.of(`${strike} ${victim}`)
      const [worker, bystander] = await Promise.all([start.worker(stage), start.bystander(stage)])
      const cast: Cast = { worker, bystander, requester: await start.requester(stage) }
      await passing(dice.span(0, STRUCK_WITHIN_MS))
      const awayMs = dice.span(AWAY_MS.least, AWAY_MS.most)
      if (strike === 'SIGSTOP') {
        cast[victim].signal('SIGSTOP')
        await passing(awayMs)
        cast[victim].signal('SIGCONT')
      } else {
        await cast[victim].kill()
        await passing(awayMs)
        cast[victim] = await start[victim](stage)
      }
      const hired = await cast.requester.ended(LIMIT_MS)
      expectExit(hired, 0)
      expect(cast.requester.events('result')).toMatchObject([{ result: { text: 'HELLO' } }])
      if (victim === 'bystander') {
        expect(hired.stderr).toBe('')
        expect(cast.requester.events('settled')).toMatchObject([{ generation: 1 }])
      }
      // Whoever was away when it ended hears of it when it meets the other.
      await stage.up()
      await settledOnceBy(stage, 'shout')
      await settledOnceBy(stage, 'me')
      await expectAlike(stage)
    },
  )
})

/** Waits for the settlement in an agent's story, and counts it. */
async function settledOnceBy(stage: Stage, name: string): Promise<void> {
  const story = stage.start(['events', '--follow', '--json', '--as', name])
  await story.event('settled')
  story.signal('SIGINT')
  const told = linesOf((await story.ended()).stdout).filter((line) => line.includes('"event":"settled"'))
  expect(told).toHaveLength(1)
}

/** The ends of the task's contracts as both sides' files prove them: none contradicts the other. */
async function expectAlike(stage: Stage): Promise<void> {
  const { contracts } = await stage.verify('me', 'task')
  const ends = contracts.map(({ end, fault }) => [end, fault])
  expect(ends.filter(([end]) => end === 'settled')).toHaveLength(1)
  expect(ends.at(-1)).toEqual(['settled', null])
  expect(ends.every(([, fault]) => fault === null)).toBe(true)
  for (const { contract, end } of contracts) {
    const held = (await stage.contracts('shout', '--all')).find((each) => each.contract === contract)
    // A generation that lapsed on its way may never have reached its worker.
    if (held === undefined) {
      expect(end).toBe('lapsed')
      continue
    }
    const [theirs] = (await stage.verify('shout', contract)).contracts.filter((each) => each.contract === contract)
    expect(theirs?.fault).toBeNull()
    if (end === 'settled' || theirs?.end === 'settled') expect(theirs?.end).toBe(end)
    expect((await stage.show('shout', contract)).end).not.toBeNull()
  }
}
