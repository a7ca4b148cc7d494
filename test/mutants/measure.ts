import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { mutants } from '../../packages/simulator/src/mutants/bank.ts'
import { readTable, SURVIVES, writeTable, type Row } from './table.ts'

/** Fewer, and the simulator proves nothing that the cheaper tests do not. */
const ENOUGH = 12

const USAGE = `Usage: npm run test:mutants -- [NAME…] [--only-new] [--bank FILE]
Plants each bug of the bank in turn and says whether the unit and property tests of core and node find it. What it sees goes into
docs/reports/mutants.md; rows of bugs that are not measured now stay as they are.
  --only-new   leave out what the report has already
  --bank FILE  what haggle sim --mutants --json printed: fills the column of the simulator; without names nothing else is done
Example: npm run test:mutants -- back-dated-accept
Exit codes: 0 measured, 1 fewer than ${ENOUGH} bugs survive, 2 usage
`
const LIMIT_MS = 900_000

/** What the tests said of a product with a bug. A test that ran out of time on a busy machine has found nothing. */
function verdictOf(status: number | null, told: string): string {
  if (status === 0) return SURVIVES
  if (status === null || /timed out in \d+ms/.test(told)) return 'not measured: out of time'
  const [, file = '', test = ''] = /FAIL\s+packages\/(\S+) > (.*)/.exec(told) ?? []
  return file === '' ? 'not measured: no test said anything' : `found by ${file}: ${test.replaceAll('|', '/')}`
}

/** The tests that reach the changed files, in one process after the other, until one of them fails. */
function unitTests(name: string, files: readonly string[]): string {
  const sources = files.map((file) => file.replace('/dist/', '/src/').replace(/\.js$/, '.ts'))
  const run = spawnSync(
    'npx',
    ['vitest', 'related', '--run', ...sources, '--config', 'test/mutants/vitest.config.ts', '--no-isolate'],
    { env: { ...process.env, HAGGLE_MUTANT: name }, encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: 1 << 26 },
  )
  return verdictOf(run.status, stripVTControlCharacters(`${run.stdout}${run.stderr}`))
}

/** What the simulator said of each, by name. */
function simulated(file: string): ReadonlyMap<string, string> {
  // Written by `haggle sim --mutants --json`, which prints exactly this.
  const { verdicts } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly verdicts: readonly {
      readonly name: string
      readonly scenario: string
      readonly seeds: number
      readonly found: { readonly invariant: string; readonly seed: string } | null
    }[]
  }
  return new Map(
    verdicts.map(({ name, scenario, seeds, found }) => [
      name,
      found === null
        ? `not found in ${seeds} worlds of ${scenario}`
        : `${found.invariant} in world ${seeds} of ${scenario} (seed ${found.seed})`,
    ]),
  )
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'only-new': { type: 'boolean' }, bank: { type: 'string' }, help: { type: 'boolean' } },
  })
  const strange = positionals.find((name) => mutants.every((each) => each.name !== name))
  if (values.help === true || strange !== undefined) {
    process.stdout.write(strange === undefined ? USAGE : `there is no planted bug "${strange}"\n${USAGE}`)
    return strange === undefined ? 0 : 2
  }
  const rows = new Map<string, Row>(readTable())
  if (values.bank !== undefined && !existsSync(values.bank)) {
    process.stderr.write(`${values.bank} is not there\n${USAGE}`)
    return 2
  }
  for (const [name, simulator] of values.bank === undefined ? [] : simulated(values.bank))
    rows.set(name, { units: rows.get(name)?.units ?? '', simulator })
  const all = positionals.length === 0 && values.bank === undefined
  for (const { name, edits } of mutants) {
    const known = rows.get(name)
    if (!all && !positionals.includes(name)) continue
    if (values['only-new'] === true && known !== undefined && known.units !== '' && !known.units.startsWith('not '))
      continue
    const units = unitTests(
      name,
      edits.map(({ file }) => file),
    )
    rows.set(name, { units, simulator: known?.simulator ?? '' })
    writeTable(rows)
    process.stdout.write(`${name}: ${units}\n`)
  }
  const survive = writeTable(rows)
  process.stdout.write(`${survive} of ${mutants.length} planted bugs survive the unit and property tests\n`)
  return survive >= ENOUGH ? 0 : 1
}

process.exitCode = main()
