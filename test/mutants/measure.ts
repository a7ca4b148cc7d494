import { spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { mutants } from '../../packages/simulator/src/mutants/bank.ts'

// Which planted bugs the unit and property tests of core and node find by themselves. Arguments: names; none: all.
const names = process.argv.slice(2)
const chosen = mutants.filter(({ name }) => names.length === 0 || names.includes(name))
let survive = 0

/** What the tests said of a product with a bug. A test that ran out of time on a busy machine has found nothing. */
function verdictOf(status: number | null, told: string): string {
  if (status === 0) return 'survives'
  if (/timed out in \d+ms/.test(told)) return 'not measured: a test ran out of time, run it on an idle machine'
  const [, file = 'a test', test = ''] = /FAIL\s+(packages\/\S+) > (.*)/.exec(told) ?? []
  return `found by ${file}: ${test}`
}

for (const { name } of chosen) {
  const run = spawnSync('npx', ['vitest', 'run', '--config', 'test/mutants/vitest.config.ts'], {
    env: { ...process.env, HAGGLE_MUTANT: name },
    encoding: 'utf8',
    timeout: 900_000,
  })
  if (run.status === 0) survive += 1
  console.log(`${name}: ${verdictOf(run.status, stripVTControlCharacters(`${run.stdout}${run.stderr}`))}`)
}
console.log(`${survive} of ${chosen.length} planted bugs survive the unit and property tests`)
