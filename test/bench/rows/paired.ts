import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { closePair, openPair, TERMS, type Bench, type Pair } from '../support/bench.ts'
import { short } from '../support/row.ts'
import { median } from '../support/stats.ts'
import { form } from './formation.ts'
import { load } from './throughput.ts'

/** One measure of this tree and of the other, round by round. */
export interface PairedRow {
  readonly name: string
  readonly unit: string
  /** Which of them is better. */
  readonly better: 'less' | 'more'
  readonly here: readonly number[]
  readonly there: readonly number[]
}

interface Side {
  readonly bench: Bench
  readonly pair: Pair
}

/** The cheap rows of two trees in turns, so that whatever the machine does besides falls on both alike. */
export async function paired(here: Bench, there: Bench): Promise<readonly PairedRow[]> {
  const sides = [await opened(here), await opened(there)] as const
  const rows = measures.map(({ name, unit, better }) => ({
    ...{ name, unit, better },
    here: new Array<number>(),
    there: new Array<number>(),
  }))
  for (let round = 0; round < here.init.rounds; round += 1) {
    // Who comes first changes with each round.
    const order = round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)
    for (const at of order) {
      const found = await measured(sides[at])
      for (const [index, row] of rows.entries()) (at === 0 ? row.here : row.there).push(found[index] ?? Number.NaN)
    }
    here.say(`paired ${round + 1}/${here.init.rounds}`)
  }
  for (const { pair } of sides) await closePair(pair)
  return rows
}

const measures = [
  { name: 'formation p50, claim mode', unit: 'ms', better: 'less' },
  { name: 'contracts/s, 100 in flight', unit: '/s', better: 'more' },
  { name: 'CPU per contract, 100 in flight', unit: 'us', better: 'less' },
  { name: 'CPU per contract, one at a time', unit: 'us', better: 'less' },
  { name: 'haggle --help', unit: 'ms', better: 'less' },
] as const

async function opened(bench: Bench): Promise<Side> {
  const pair = await openPair(bench, { open: { marks: true } })
  await load(pair, bench.size(400, 50), 100)
  return { bench, pair }
}

async function measured({ bench, pair }: Side): Promise<readonly number[]> {
  // Marks of the load before are of no use to anybody.
  await pair.requester.call('marks', { agent: 'requester' })
  await pair.worker.call('marks', { agent: 'worker' })
  const formed = median((await form(pair, bench.size(100, 20), TERMS)).map((each) => each.spanMs))
  const busy = await load(pair, bench.size(1_000, 100), 100)
  const single = await load(pair, bench.size(100, 20), 1)
  return [formed, busy.perSecond, busy.cpuUs, single.cpuUs, helpMs(bench)]
}

function helpMs(bench: Bench): number {
  const bin = join(bench.init.root, 'packages/haggle/bin/haggle.js')
  const began = performance.now()
  spawnSync(process.execPath, [bin, '--help'])
  return performance.now() - began
}

/** A Markdown table of the ratios, this tree to the other: below 1 is less. */
export function pairedTable(rows: readonly PairedRow[], rev: string): string {
  const lines = rows.map(({ name, unit, better, here, there }) => {
    const ratios = here.map((value, at) => value / (there[at] ?? Number.NaN))
    const spread = [Math.min(...ratios), median(ratios), Math.max(...ratios)].map(short).join(' / ')
    return `| ${name} | ${short(median(there))} ${unit} | ${short(median(here))} ${unit} | ${spread} | ${better} |`
  })
  return [
    `| row | ${rev} | this tree | ratio min / median / max | better |`,
    '| --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}
