import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { reportFile, sourcesHash, workspace, type SimReport } from './sources.ts'

const THOUSAND = 1_000
const LIMIT_MS = 600_000

const command = join(workspace, 'packages', 'haggle', 'bin', 'haggle.js')

test(
  'the committed report is what these sources give: a random thousand of its seeds has the same digest and breaks the same promises',
  async ({ skip }) => {
    if (!existsSync(reportFile)) skip('no report: npm run report:sim makes one')
    // Written by the script beside it, which gives it this form.
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as SimReport
    if (report.sources !== sourcesHash()) skip('report of other sources: npm run report:sim renews it')
    const index = Math.floor(Math.random() * report.digests.length)
    const first = BigInt(report.first) + BigInt(index * THOUSAND)
    const seeds = `${first}..${first + BigInt(THOUSAND) - 1n}`
    // Of what was built: threads do not run the sources as they stand.
    const { stdout } = await promisify(execFile)(process.execPath, [command, 'sim', '--seeds', seeds, '--json'], {
      timeout: LIMIT_MS,
      maxBuffer: 64 * 1_048_576,
    })
    const again = JSON.parse(stdout) as Pick<SimReport, 'digests' | 'failed'>
    const isOfThese = ({ seed }: { readonly seed: string }): boolean =>
      BigInt(seed) >= first && BigInt(seed) < first + BigInt(THOUSAND)
    const seedsOf = (failed: SimReport['failed']): readonly string[] => failed.map(({ seed }) => seed)
    expect([seeds, seedsOf(again.failed), again.digests]).toEqual([
      seeds,
      seedsOf(report.failed.filter(isOfThese)),
      [report.digests[index]],
    ])
  },
  LIMIT_MS,
)
