import type { Bench } from '../support/bench.ts'
import { openCrowd } from '../support/crowd.ts'
import { bareEd25519Us } from '../support/crypto-floors.ts'
import { row, short, type Line } from '../support/row.ts'
import { growthOf, median } from '../support/stats.ts'

const IN_FLIGHT = 10

/** What thirty agents of one skill spend on one contract of two of them. */
export async function crowd(bench: Bench): Promise<readonly Line[]> {
  const agents = 30
  const rounds = await measured(bench, agents, bench.init.rounds, bench.size(200, 30))
  const crypto = bench.crypto()
  const floor = bareEd25519Us(crypto, agents)
  const two = bareEd25519Us(crypto, 2)
  return [
    row({
      ...{ group: 'crowd', name: `CPU per contract, all nodes, n=${agents}`, unit: 'us', floor, rounds },
      ...{ observed: median(rounds), target: { of: 'ratio', atMost: 12 } },
      note: `${IN_FLIGHT} in flight, 15 listeners per process; floor: 6 signatures, 6 verifications, and the offer verified by ${agents - 2} others (by the parties alone: ratio ${short(median(rounds) / two)})`,
    }),
  ]
}

/** How the cost of one contract grows with the agents that hear of it. */
export async function growth(bench: Bench): Promise<readonly Line[]> {
  const points: (readonly [number, number])[] = []
  for (const agents of bench.init.quick ? [5, 10, 20] : [10, 20, 30, 45, 60]) {
    const [cpuUs = Number.NaN] = await measured(bench, agents, 1, bench.size(200, 30))
    points.push([agents, cpuUs])
    bench.say(`growth: ${agents} agents, ${cpuUs.toFixed(0)} us per contract`)
  }
  const { slope, rSquared, margin } = growthOf(points)
  return [
    row({
      ...{ group: 'growth', name: 'growth exponent of CPU per contract in N, one skill', unit: '', observed: slope },
      target: { of: 'observed', atMost: 1.05 },
      note: `N = ${points.map(([agents]) => agents).join(', ')} real agents; R² ${rSquared.toFixed(3)}, 95 % ± ${short(margin)}; ${points.map(([, cpuUs]) => `${short(cpuUs / 1_000)} ms`).join(', ')}`,
    }),
  ]
}

async function measured(bench: Bench, agents: number, rounds: number, count: number): Promise<readonly number[]> {
  const all = await openCrowd(bench, agents)
  const found: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    found.push(await bench.profiled(`crowd-${agents}`, all.parties, () => all.cpuUs(count, IN_FLIGHT)))
    bench.say(`${agents} agents ${round + 1}/${rounds}`)
  }
  await all.close()
  return found
}
