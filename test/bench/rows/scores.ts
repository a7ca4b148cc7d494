import { scoreGraph, type Credit, type Debt } from '@haggle/core'
import { protocolParams, type AgentKey } from '@haggle/protocol'
import type { Bench } from '../support/bench.ts'
import { row, type Line } from '../support/row.ts'
import { median } from '../support/stats.ts'

const GROUP = 'scores'
const AGENTS = 200
const EDGES = 4_000

/** What it costs to know whom to trust: a graph of 200 agents and 4,000 credits, two of them roots, one in ten in debt. */
export async function scores(bench: Bench): Promise<readonly Line[]> {
  const rounds = Math.max(3, bench.init.rounds)
  const build: number[] = []
  const ranks: number[] = []
  const first: number[] = []
  const queries: number[] = []
  const roots = [keyOf(0), keyOf(1)]
  for (let round = 0; round < rounds; round += 1) {
    const draw = drawsOf(round + 1)
    const credits = Array.from({ length: EDGES }, (): Credit => {
      return { from: keyOf(draw(AGENTS)), to: keyOf(draw(AGENTS)), amount: 1 + draw(90_000_000) }
    })
    const debts = Array.from({ length: AGENTS / 10 }, (): Debt => ({
      agent: keyOf(draw(AGENTS)),
      amount: draw(3_000_000),
    }))
    const began = performance.now()
    const graph = scoreGraph({ credits, debts, roots, params: protocolParams })
    const built = performance.now()
    for (let agent = 0; agent < AGENTS; agent += 1) graph.rank(keyOf(agent))
    ranks.push(performance.now() - built)
    build.push(built - began)
    const each = Array.from({ length: AGENTS }, (_, agent) => {
      const asked = performance.now()
      graph.capacity(keyOf(agent))
      return performance.now() - asked
    })
    first.push(each[2] ?? 0)
    queries.push(median(each))
    bench.say(`scores: graph ${round + 1} of ${rounds}`)
  }
  const size = `${AGENTS} agents, ${EDGES} credits`
  return [
    row({
      ...{ group: GROUP, name: `all ranks, ${size}`, unit: 'ms', observed: median(ranks), rounds: ranks },
      ...{ target: { of: 'observed', atMost: 20 }, note: 'forty rounds in integers' },
    }),
    row({
      ...{ group: GROUP, name: `one capacity, ${size}`, unit: 'ms', observed: median(queries), rounds: queries },
      ...{ target: { of: 'observed', atMost: 0.5 } },
      note: `median of all agents, asked once each; the first one asked ${median(first).toFixed(3)}`,
    }),
    row({
      ...{ group: GROUP, name: `a graph made ready, ${size}`, unit: 'ms', observed: median(build), rounds: build },
      note: 'laid out, and every debt routed',
    }),
  ]
}

function keyOf(number: number): AgentKey {
  // 64 hexadecimal digits, as the brand says.
  return number.toString(16).padStart(64, '0') as AgentKey
}

/** Numbers below a bound, the same for the same seed (the minimal standard generator). */
function drawsOf(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (state * 48_271) % 2_147_483_647
    return Math.floor((state / 2_147_483_647) * bound)
  }
}
