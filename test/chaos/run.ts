import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Chance } from '../process/support/chance.ts'
import { COMMAND } from '../process/support/command.ts'
import { hindrance } from '../process/support/namespace.ts'
import { trial as diskFull } from './disk-full.ts'
import { trial as killAtSync } from './kill-at-sync.ts'
import { trial as storm } from './storm.ts'
import { trial as syncFails } from './sync-fails.ts'
import { trial as tornTail } from './torn-tail.ts'
import type { Context, Judged, Trial } from './support/trial.ts'

const trials: readonly Trial[] = [killAtSync, syncFails, diskFull, tornTail, storm]
const USAGE = `Usage: npm run test:chaos -- [NAME…] [--list] [--minutes N] [--contracts N] [--processes N] [--points N] [--seed N] [--flight] [--json]
Makes real processes suffer, and lets "haggle check" judge what they wrote down. Without a name: all trials.
  --minutes N    how long the storm lasts (default: 10)
  --contracts N  how many jobs are hired in it (default: 500)
  --processes N  how many agents it has (default: 5)
  --points N     strike at so many points only (default: as many as a trial names)
  --seed N       the same dice again
  --flight       keep flight records in the storm too, and replay them
Exit codes: 0 every trial passed or was skipped with its reason, 1 one did not, 2 usage.
`

/** Set for the process that has a network of its own. */
const INSIDE = 'HAGGLE_CHAOS_INSIDE'

async function main(): Promise<number> {
  const { values, positionals } = wordsOf()
  if (values.help === true) {
    say(USAGE)
    return 0
  }
  const unknown = positionals.filter((name) => !trials.some((trial) => trial.name === name))
  if (unknown.length > 0) throw new Usage(`there is no trial ${unknown.join(', ')}; --list names them.`)
  if (values.list === true) {
    for (const { name, target } of trials) say(`${name.padEnd(16)} ${target}\n`)
    return 0
  }
  const context = contextOf(values)
  if (hindrance !== undefined || !existsSync(COMMAND)) {
    say(`skipped: ${hindrance ?? 'the workspace is not built'}\n`)
    return 0
  }
  if (process.env[INSIDE] === undefined) return again()
  const chosen = trials.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  let failed = 0
  for (const trial of chosen) {
    const judged = await runOne(trial, context(trial.name))
    if (!judged.passed && judged.skipped === undefined) failed += 1
    say(values.json === true ? `${JSON.stringify({ name: trial.name, ...judged })}\n` : textOf(trial, judged))
  }
  return failed === 0 ? 0 : 1
}

class Usage extends Error {}

function wordsOf() {
  const number = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = { minutes: number, contracts: number, processes: number, points: number, seed: number }
  try {
    return parseArgs({
      allowPositionals: true,
      options: { ...options, json: flag, flight: flag, list: flag, help: flag },
    })
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error))
  }
}

function contextOf(values: Readonly<Record<string, string | boolean | undefined>>): (name: string) => Context {
  const number = (name: string, usual: number, least: number, most: number): number => {
    const given = values[name]
    const value = given === undefined ? usual : Number(given)
    if (Number.isFinite(value) && value >= least && value <= most) return value
    throw new Usage(`--${name} takes a number from ${least} to ${most}.`)
  }
  const seed = number('seed', Chance.open().seed, 0, 2 ** 32 - 1)
  const common = {
    spanMs: Math.round(number('minutes', 10, 0.1, 600) * 60_000),
    contracts: number('contracts', 500, 1, 100_000),
    processes: number('processes', 5, 3, 8),
  }
  const points = values['points'] === undefined ? undefined : number('points', 1, 1, 1_000)
  return (name) => ({
    ...common,
    seed,
    flight: values['flight'] === true,
    chance: new Chance(seed).of(name),
    points: (usual) => points ?? usual,
    progress: (text) => void process.stderr.write(`  ${name}: ${text}\n`),
  })
}

/** The same command in a network of its own, in which cables to those of its hosts can be made. */
function again(): number {
  const way = process.getuid?.() === 0 ? ['--net', '--mount'] : ['--user', '--map-root-user', '--net', '--mount']
  const inside = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh', process.execPath, ...process.execArgv]
  const args = [...way, ...inside, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const { status } = spawnSync('unshare', args, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } })
  return status ?? 1
}

async function runOne(trial: Trial, context: Context): Promise<Judged> {
  try {
    return await trial.run(context)
  } catch (error) {
    return {
      passed: false,
      counts: {},
      notes: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    }
  }
}

function textOf({ name, target }: Trial, { passed, counts, notes, skipped }: Judged): string {
  const head = skipped === undefined ? (passed ? 'PASS' : 'FAIL') : 'SKIP'
  const lines = [
    `${head} ${name}: ${target}`,
    ...Object.entries(counts).map(([what, count]) => `     ${String(count).padStart(7)} ${what}`),
    ...(skipped === undefined ? [] : [`     ${skipped}`]),
    ...notes.map((note) => `     ${note.replaceAll('\n', '\n     ')}`),
  ]
  return `${lines.join('\n')}\n`
}

function say(text: string): void {
  process.stdout.write(text)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Usage)) throw error
  process.stderr.write(`chaos: ${error.message}\n${USAGE}`)
  process.exitCode = 2
}
