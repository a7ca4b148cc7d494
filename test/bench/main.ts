import { mkdtemp, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { groups, type Measure } from './rows/index.ts'
import { paired, pairedTable } from './rows/paired.ts'
import { Bench } from './support/bench.ts'
import { bundleChildren } from './support/bundle.ts'
import { parseOptions, UsageError, type Options } from './support/options.ts'
import { place, runApart, type Place } from './support/own-network.ts'
import { table, type Line } from './support/row.ts'

const HELP = `npm run bench -- [OPTION]...

Measures the built packages against the floors of this machine, in one run, and prints a Markdown table.

  --only GROUP     only these rows (repeatable): ${Object.keys(groups).join(', ')}
  --rounds N       rounds of each row, whose median is shown (default 5; 2 with --quick)
  --quick          fewer contracts: to see that it runs, not to quote
  --json FILE|-    the same as JSON
  --paired REV     builds another revision and measures its cheap rows and ours in turns
  --profile GROUP  measures one group once and samples its processes: a .cpuprofile of each, and where their time goes
  --dir PATH       a directory on the disk to measure (default: the system's for temporary files)

Example: npm run bench -- --only formation --rounds 3
Exit code: 0 measured, whatever was met; 1 something broke; 2 usage.
`

const root = fileURLToPath(new URL('../../', import.meta.url))

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), Object.keys(groups))
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const here = place()
  if (here === undefined) return runApart(options, root)
  if (here.other !== null) await compare(options, here, here.other)
  else await print(options, await measure(options, here))
  return 0
}

/** One group that breaks does not take the others with it; the exit code says so. */
async function measuredOr(name: string, group: Measure, bench: Bench): Promise<readonly Line[]> {
  try {
    return await group(bench)
  } catch (error) {
    bench.say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exitCode = 1
    return [
      { group: name, skipped: `it broke: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}` },
    ]
  } finally {
    await bench.end()
  }
}

/** This tree against another one, in turns. */
async function compare(options: Options, { directory, network }: Place, other: string): Promise<void> {
  const { rounds, quick } = options
  const benches = await Promise.all(
    [root, other].map(async (tree) => {
      const script = await bundleChildren(tree)
      return new Bench({
        ...{ directory: join(directory, tree === root ? 'here' : 'there'), rounds, quick, script },
        ...{ root: tree, ownNetwork: network === 'own', profiles: null },
      })
    }),
  )
  const [here, there] = benches
  if (here === undefined || there === undefined) throw new TypeError('two trees make two benches')
  try {
    const rows = await paired(here, there)
    await put(options, pairedTable(rows, options.paired ?? ''), { rev: options.paired, rows })
  } finally {
    for (const bench of benches) await bench.end()
  }
}

async function measure(options: Options, { directory, network }: Place): Promise<readonly Line[]> {
  const { quick, profile } = options
  // One round is enough to see where the time goes, and each would write its own profile.
  const rounds = profile === null ? options.rounds : 1
  const only = profile === null ? options.only : [profile]
  const profiles = profile === null ? null : await mkdtemp(join(options.directory, 'haggle-profile-'))
  const script = await bundleChildren(root)
  const bench = new Bench({ root, directory, rounds, quick, ownNetwork: network === 'own', script, profiles })
  const lines: Line[] = []
  try {
    for (const [name, group] of Object.entries(groups)) {
      if (only.length > 0 && !only.includes(name)) continue
      bench.say(`measuring ${name}`)
      const found = await measuredOr(name, group, bench)
      // Told as they come: a run that is broken off has not been in vain.
      bench.say(table(found))
      lines.push(...found)
    }
  } finally {
    await bench.end()
  }
  return lines
}

async function print(options: Options, lines: readonly Line[]): Promise<void> {
  await put(options, table(lines), { lines })
}

async function put(options: Options, text: string, found: object): Promise<void> {
  const about = { node: process.version, processors: cpus().length, rounds: options.rounds, quick: options.quick }
  const json = `${JSON.stringify({ ...about, at: new Date().toISOString(), ...found }, null, 2)}\n`
  if (options.json === '-') {
    process.stdout.write(json)
    return
  }
  process.stdout.write(`${text}\n`)
  if (options.json !== null) await writeFile(options.json, json)
}

main().then(
  (code) => {
    if (code !== 0) process.exitCode = code
  },
  (error: unknown) => {
    const usage = error instanceof UsageError
    process.stderr.write(`${usage ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
    if (usage) process.stderr.write('Run npm run bench -- --help for what there is.\n')
    process.exit(usage ? 2 : 1)
  },
)
