import { writeFileSync } from 'node:fs'
import { trustReport, trustTables } from '@haggle/simulator'
import { trustFile, trustPage, trustSourcesHash, type CommittedTrustReport } from './sources.ts'

// `npm run report:trust` plays the markets of trust and writes docs/reports/trust.json and trust.md; `npm test` plays one again.
// `--seeds N` plays more or fewer worlds of each kind, and writes nothing; `--json` prints the figures instead of the tables.

const FIRST = 1
const USUAL = 3
const GRAPHS = 400

const args = process.argv.slice(2)
const asked = args.includes('--seeds') ? Number(args[args.indexOf('--seeds') + 1]) : null
if (args.includes('--help')) {
  process.stdout.write(
    'npm run report:trust -- [--seeds N] [--json]\nExample: npm run report:trust -- --seeds 1 --json\n',
  )
  process.exit(0)
}
if (asked !== null && !(Number.isSafeInteger(asked) && asked >= 1 && asked <= 1_000)) {
  process.stderr.write('report: --seeds takes a whole number from 1 to 1000; try --seeds 1\n')
  process.exit(2)
}
const began = process.cpuUsage()
const report: CommittedTrustReport = {
  sources: trustSourcesHash(),
  ...trustReport({
    ...{ firstSeed: FIRST, seeds: asked ?? USUAL, graphs: GRAPHS },
    onRow: ({ name, cells }) => {
      const told = cells.map(({ policy, failed }) => `${policy} ${failed.mean.toFixed(1)}`)
      process.stderr.write(`${name}: ${told.join(', ')}\n`)
    },
  }),
}
const { user, system } = process.cpuUsage(began)
process.stderr.write(`${((user + system) / 1e6).toFixed(0)} s of processor time\n`)
const json = `${JSON.stringify(report, null, 2)}\n`
const page = `# Markets of trust\n\n\`npm run report:trust\` wrote this.\n\n${trustTables(report)}`
if (asked === null) {
  writeFileSync(trustFile, json)
  writeFileSync(trustPage, page)
}
process.stdout.write(args.includes('--json') ? json : page)
