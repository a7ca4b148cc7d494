import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { tallySlots, type SlotTally } from '../src/slots/tally.ts'
import { slotViolations } from '../src/slots/weigh.ts'

const TRIALS = 2_000
const clean = Object.fromEntries(slotViolations.map((name) => [name, 0]))
/** The same trials whenever the test runs; the seed is told by what fails. */
const seed = 1n

test.each([1, 3, 4, 7, 10])(
  'T-25 WIT-15 with %i members and as many liars as that provides for no certificate is false, and all quiet duties are decided',
  (n) => {
    const tally = tallySlots(seed, { n, variant: null }, TRIALS)
    expect(tally.violations, `seed ${seed}, trials ${JSON.stringify(tally.examples)}`).toEqual(clean)
    expect(tally.plain.all).toBeGreaterThan(100)
    expect(tally.plain.undecided).toBe(0)
    for (const outcome of ['timely', 'absent', 'late'] as const) expect(tally.outcomes[outcome]).toBeGreaterThan(50)
  },
)

test.each([
  ['echo-of-one', 'falsely-timely', 0],
  ['quorum-of-f-and-one', 'contradictory', 0],
  ['echo-without-bytes', 'certified-without-bytes', 8_500],
  ['vote-after-restart', 'pushed-and-absent', 2_000],
  ['vote-after-restart', 'honest-double-vote', 0],
] as const)('WIT-15 the trials find %s out, as %s', (variant, violation, first) => {
  const tally = tallySlots(seed, { n: 4, variant }, 1_000, first)
  expect(tally.violations[violation]).toBeGreaterThan(0)
})

interface Report {
  readonly seed: string
  readonly sample: number
  readonly settings: readonly { readonly tally: SlotTally; readonly sample: SlotTally }[]
}

test('the committed report of the slot vote is what its trials say: its first ones are run again', () => {
  const file = new URL('../../../docs/reports/slots.json', import.meta.url)
  // The report is written by our own script; a wrong shape fails here.
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report
  for (const { tally, sample } of report.settings) {
    const { n, variant } = tally
    expect(tallySlots(BigInt(report.seed), { n, variant }, report.sample)).toEqual(sample)
    if (variant === null) expect(tally.violations).toEqual(clean)
    else expect(Object.values(tally.violations).some((count) => count > 0)).toBe(true)
  }
})
