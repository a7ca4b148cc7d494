import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { runBatch, Tallyman } from '@haggle/simulator'
import { reportFile, sourcesHash, type SimReport } from './sources.ts'

// `npm run report:sim [SEEDS]` runs the swarm and writes docs/reports/sim.json, which `npm run test:report` re-checks by a random thousand.
const FIRST = 1n
const USUAL = 20_000

const count = Number(process.argv[2] ?? USUAL)
if (!Number.isSafeInteger(count) || count < 1_000 || count % 1_000 !== 0) {
  process.stderr.write(`report: ${process.argv[2] ?? ''} is no number of whole thousands\n`)
  process.exit(2)
}
const began = performance.now()
const tallyman = new Tallyman()
await runBatch({
  ...{ seeds: { first: FIRST, count }, scenario: 'swarm', agents: null, jobs: availableParallelism(), mutant: null },
  take: (outcome) => {
    tallyman.take(outcome)
    for (const { invariant, text } of outcome.findings.slice(0, 1))
      process.stderr.write(`seed ${outcome.seed} breaks ${invariant}: ${text}\n`)
    if (tallyman.seeds % 1_000 === 0) process.stderr.write(`${tallyman.seeds} seeds, ${tallyman.failures} failures\n`)
    return true
  },
})
const { wallMs, ...report } = tallyman.report('swarm', performance.now() - began, false)
const written: SimReport = { sources: sourcesHash(), first: `${FIRST}`, ...report }
mkdirSync(dirname(reportFile), { recursive: true })
writeFileSync(reportFile, `${JSON.stringify(written, null, 2)}\n`)
process.stdout.write(`${report.seeds} seeds, ${report.failures} failures in ${Math.round(wallMs / 1_000)} s\n`)
process.exit(report.failures === 0 ? 0 : 1)
