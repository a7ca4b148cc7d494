import { cp, readdir, rm, stat, truncate, writeFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { passing } from '../process/support/limit.ts'
import { Stage } from '../process/support/stage.ts'
import { countsOf, judge, sentenceOf } from './support/judge.ts'
import type { Context, Judged, Trial } from './support/trial.ts'
import type { Chance } from '../process/support/chance.ts'

const USUAL_ROUNDS = 10
const PORT = 4100
const LISTEN = ['--no-mdns', '--listen', `/ip4/127.0.0.1/tcp/${PORT}`]
const WAY = ['--no-mdns', '--peer', `/ip4/127.0.0.1/tcp/${PORT}`]
const CONFIGURATION = 78

/** Surgery on the stores of the dead: kill -9 alone never tears a write. */
export const trial: Trial = {
  name: 'torn-tail',
  target:
    'a store whose newest bytes are cut off or garbled is refused, or has lost nothing that anybody was told durable',
  async run(context) {
    const stage = await Stage.open()
    try {
      return await tearing(stage, context)
    } finally {
      await stage.close()
    }
  },
}

interface Tally {
  refused: number
  whole: number
  readonly problems: string[]
}

async function tearing(stage: Stage, { points, chance, progress, seed }: Context): Promise<Judged> {
  const tally: Tally = { refused: 0, whole: 0, problems: [] }
  const rounds = points(USUAL_ROUNDS)
  for (let round = 0; round < rounds; round += 1) {
    await tearOnce(stage, chance.of(round), round, tally)
    progress(`round ${round + 1}`)
  }
  const report = await judge([stage.path('me'), stage.path('shout')], 2)
  return {
    passed: tally.problems.length === 0 && report.findings.length === 0,
    counts: { rounds, refused: tally.refused, 'lost nothing': tally.whole, ...countsOf(report) },
    notes: [`Seed ${seed}.`, ...tally.problems, ...report.findings.map(sentenceOf)],
  }
}

const work = ['work', 'shout', '--json', '--slots', '2', ...LISTEN, '--', 'tr', 'a-z', 'A-Z']
const hire = (key: string): readonly string[] => [
  ...['hire', 'shout', 'hello', ...WAY, '--ask', '1', '--wait', '20s', '--deadline', '40s', '--key', key],
]

/** A worker is killed in the middle of its work, and its store torn; started again it refuses, or goes on. */
async function tearOnce(stage: Stage, chance: Chance, round: number, tally: Tally): Promise<void> {
  const worker = stage.start(work)
  await worker.event('ready')
  const first = await stage.run(hire(`calm-${round}`), '', 90_000)
  if (first.code !== 0) tally.problems.push(`the hire before round ${round} left with ${first.code}: ${first.stderr}`)
  const hiring = stage.start(hire(`torn-${round}`))
  await passing(chance.span(200, 1_200))
  await worker.kill()
  const directory = stage.path('shout')
  const backup = stage.path('backup')
  await cp(directory, backup, { recursive: true })
  const what = await tear(join(directory, 'store'), chance)
  const again = stage.start(work)
  const ready = await again.event('ready').then(
    () => true,
    () => false,
  )
  if (ready) tally.whole += 1
  else {
    const { code, stderr } = await again.ended()
    tally.refused += 1
    if (code !== CONFIGURATION || !stderr.includes('journal/corrupt'))
      tally.problems.push(`${what} in round ${round}: it left with ${code}: ${stderr}`)
    // As its own words advise.
    await rm(directory, { recursive: true })
    await cp(backup, directory, { recursive: true })
  }
  const worked = ready ? again : stage.start(work)
  const { code, stderr } = await hiring.ended(90_000)
  if (code !== 0) tally.problems.push(`${what} in round ${round}: the hire left with ${code}: ${stderr}`)
  worked.signal('SIGTERM')
  await worked.ended()
  await rm(backup, { recursive: true })
}

/** Changes the end of the newest log of the database; says how. */
async function tear(store: string, chance: Chance): Promise<string> {
  const logs = (await readdir(store)).filter((name) => name.endsWith('.log')).toSorted()
  const file = join(store, logs.at(-1) ?? '')
  const { size } = await stat(file)
  const bytes = Math.min(size, chance.span(1, chance.pick([200, 3_000])))
  if (chance.fraction() < 0.5) {
    await truncate(file, size - bytes)
    return `${bytes} bytes cut off`
  }
  const content = await readFile(file)
  for (let at = size - bytes; at < size; at += 1) content[at] = chance.span(0, 255)
  await writeFile(file, content)
  return `${bytes} bytes garbled`
}
