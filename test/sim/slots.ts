import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { slotVariants, slotViolations, tallySlots, type SlotTally } from '@haggle/simulator'
import { workspace } from './sources.ts'

// `npm run report:slots [TRIALS]` runs the slot vote of every size of panel, honest and with one rule broken at a time, and
// writes docs/reports/slots.json and slots.md. `npm test` runs the first thousand of each again.
const SEED = 1n
const USUAL = 200_000
const SAMPLE = 1_000
const SIZES = [1, 3, 4, 7, 10]

const trials = Number(process.argv[2] ?? USUAL)
if (!Number.isSafeInteger(trials) || trials < SAMPLE) {
  process.stderr.write(`report: ${process.argv[2] ?? ''} is no number of trials from ${SAMPLE} on\n`)
  process.exit(2)
}

const settings = [
  ...SIZES.map((n) => ({ n, variant: null })),
  ...slotVariants.map((variant) => ({ n: 4, variant })),
].map((setting) => {
  const began = performance.now()
  const tally = tallySlots(SEED, setting, trials)
  const seconds = Math.round((performance.now() - began) / 1_000)
  process.stderr.write(`n ${setting.n} ${setting.variant ?? 'honest'}: ${sum(tally)} violations in ${seconds} s\n`)
  return { tally, sample: tallySlots(SEED, setting, SAMPLE) }
})
const folder = join(workspace, 'docs', 'reports')
const report = { seed: `${SEED}`, trials, sample: SAMPLE, settings }
writeFileSync(join(folder, 'slots.json'), `${JSON.stringify(report, null, 2)}\n`)
writeFileSync(join(folder, 'slots.md'), page())
const isClean = settings.every(({ tally }) => (tally.variant === null) === (sum(tally) === 0))
process.exit(isClean ? 0 : 1)

function sum({ violations }: SlotTally): number {
  return Object.values(violations).reduce((all, count) => all + count, 0)
}

function page(): string {
  const honest = settings.map(({ tally }) => tally).filter(({ variant }) => variant === null)
  const planted = settings.map(({ tally }) => tally).filter(({ variant }) => variant !== null)
  return `# The slot vote, tried

Written by \`npm run report:slots\`; every trial is a function of seed ${SEED}, the setting and its number. One trial is one delivery
of one contract before one panel, with the rules of \`packages/core/src/witness\`: a worker that pushes in time, late, never,
at the border of somebody's time, or to corrupt members alone; a requester that asks, denies, asks twice or challenges; up to the
corrupt members that the size provides for (of three: one), each silent, always absent, always timely, both to different
members, with a wrong clock, echoing without bytes, or releasing what it holds at the border; every honest member away with a
chance of 10 %, with a restart that forgets all but its votes; clocks within ε, messages within δ, none, 2 % or 10 % of them lost.
Safety is judged against everything that the corrupt members could still sign, not only against what they did.

## Violations

${table(
  ['n', 'corrupt', 'trials', ...slotViolations],
  honest.map((tally) => [
    tally.n,
    tally.corrupt,
    tally.trials,
    ...slotViolations.map((name) => tally.violations[name]),
  ]),
)}

None in ${trials} trials of a setting: each of them has a probability below 3/${trials} at 95 %.

## Undecided

Of the trials in which a certificate was wanted (somebody asked in time, or the worker pushed by its due), the share that stayed
undecided; an undecided duty costs nobody anything. Each trial stands in one column: _too few_ had more members corrupt or away than
f, so that a quorum may be out of reach; in _border_ something came at the border of its time; in _barred_ the worker let a
challenge pass and pushed after all, so that its panel says neither; _lossy_ lost messages; _plain_ is the rest.

${table(
  ['n', 'wanted', 'too few', 'border', 'border, of all wanted', 'barred', 'lossy', 'plain'],
  honest.map((tally) => [
    tally.n,
    share(tally.wanted),
    share(tally.overwhelmed),
    share(tally.hugged),
    percent(tally.hugged.undecided, tally.wanted.all),
    share(tally.barred),
    share(tally.lossy),
    share(tally.plain),
  ]),
)}

## Planted

One rule broken at a time, n = 4: the trials find each of them.

${table(
  ['broken rule', ...slotViolations],
  planted.map((tally) => [tally.variant ?? '', ...slotViolations.map((name) => tally.violations[name])]),
)}
`
}

function share({ all, undecided }: { readonly all: number; readonly undecided: number }): string {
  return `${percent(undecided, all)} of ${all}`
}

function percent(part: number, all: number): string {
  return `${((100 * part) / Math.max(all, 1)).toFixed(2)} %`
}

/** As prettier would have it. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const all = [head, ...rows.map((row) => row.map(String))]
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...all.slice(1).map(line)].join(
    '\n',
  )
}
