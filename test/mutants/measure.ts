import { spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { mutants } from '../../packages/simulator/src/mutants/bank.ts'

// Which planted bugs the unit and property tests of core and node find by themselves. Arguments: names; none: all.
const names = process.argv.slice(2)
const chosen = mutants.filter(({ name }) => names.length === 0 || names.includes(name))
let survive = 0
for (const { name } of chosen) {
  const run = spawnSync('npx', ['vitest', 'run', '--config', 'test/mutants/vitest.config.ts'], {
    env: { ...process.env, HAGGLE_MUTANT: name },
    encoding: 'utf8',
    timeout: 600_000,
  })
  const failed = /FAIL\s+(?:\S+\s)?(packages\/\S+) > (.*)/.exec(stripVTControlCharacters(run.stdout))
  if (run.status === 0) survive += 1
  console.log(`${name}: ${run.status === 0 ? 'survives' : `found by ${failed?.[1] ?? 'a test'}: ${failed?.[2] ?? ''}`}`)
}
console.log(`${survive} of ${chosen.length} survive the unit and property tests`)
