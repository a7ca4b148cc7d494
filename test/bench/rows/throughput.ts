import { closePair, openPair, SKILL, TERMS, type Bench, type Pair } from '../support/bench.ts'
import { bareEd25519Us } from '../support/crypto-floors.ts'
import { row, type Line } from '../support/row.ts'
import { median, sum } from '../support/stats.ts'

const GROUP = 'throughput'
const IN_FLIGHT = 100

interface Load {
  readonly perSecond: number
  readonly cpuUs: number
  readonly failed: readonly string[]
}

/** One requester with 100 contracts in flight and one worker, each in a process of its own, both durable. */
export async function throughput(bench: Bench): Promise<readonly Line[]> {
  const pair = await openPair(bench)
  const count = bench.size(1_000, 200)
  await load(pair, IN_FLIGHT * 2, IN_FLIGHT)
  const floors: number[] = []
  const loads: Load[] = []
  const singles: Load[] = []
  const { requester, worker } = pair
  for (let round = 0; round < bench.init.rounds; round += 1) {
    floors.push(bareEd25519Us(bench.crypto(), 2))
    loads.push(await bench.profiled('in-flight', { requester, worker }, () => load(pair, count, IN_FLIGHT)))
    singles.push(await load(pair, bench.size(200, 20), 1))
    bench.say(`throughput ${round + 1}/${bench.init.rounds}: ${loads.at(-1)?.perSecond.toFixed(0)} contracts/s`)
  }
  await closePair(pair)
  const rates = loads.map((each) => each.perSecond)
  const floor = median(floors)
  return [
    row({
      ...{ group: GROUP, name: 'contracts/s per requester, durable, 100 in flight', unit: '/s', rounds: rates },
      ...{
        observed: median(rates),
        target: { of: 'observed', atLeast: 400 },
        note: `settled, one worker process${failures(loads)}`,
      },
    }),
    cpuRow(floor, loads, 'CPU per contract, n=2, 100 in flight', { of: 'ratio', atMost: 4 }),
    cpuRow(floor, singles, 'CPU per contract, n=2, one at a time'),
  ]
}

/** Jobs that did not settle: they count for nothing, and are said. */
function failures(loads: readonly Load[]): string {
  const failed = loads.flatMap((each) => each.failed)
  return failed.length === 0 ? '' : `; ${failed.length} failed: ${[...new Set(failed)].join(', ')}`
}

function cpuRow(floor: number, loads: readonly Load[], name: string, target?: { of: 'ratio'; atMost: number }): Line {
  const rounds = loads.map((each) => each.cpuUs)
  const note = 'user + system of both processes; floor: 6 signatures and 6 verifications'
  const base = { group: GROUP, name, unit: 'us', floor, observed: median(rounds), rounds, note }
  return row(target === undefined ? base : { ...base, target })
}

/** So many contracts at so many at once: how fast, and what the processors of both spent on each. */
export async function load(pair: Pair, count: number, inFlight: number): Promise<Load> {
  const parties = [pair.requester, pair.worker]
  const before = await Promise.all(parties.map((each) => each.call('usage', { collect: false })))
  const order = { agent: 'requester', skill: SKILL, count, inFlight, terms: TERMS, until: 'settled' } as const
  const done = await pair.requester.call('hire', order)
  const after = await Promise.all(parties.map((each) => each.call('usage', { collect: false })))
  const settled = done.filter((each) => each.failed === null)
  const spanMs = Math.max(...settled.map((each) => each.doneAt)) - Math.min(...done.map((each) => each.calledAt))
  const spent = after.map(({ cpuUs }, at) => cpuUs - (before[at]?.cpuUs ?? 0))
  return {
    perSecond: (settled.length * 1_000) / spanMs,
    cpuUs: sum(spent) / settled.length,
    failed: done.flatMap((each) => each.failed ?? []),
  }
}
