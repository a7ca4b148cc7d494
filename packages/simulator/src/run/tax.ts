import { standardInvariants } from '../oracle/standard.ts'
import { drawTax, taxShapes, type TaxShape } from '../scenarios/tax.ts'
import type { Seed } from '../seed.ts'
import { World } from '../world/world.ts'
import { fitPower, type Fit } from './fit.ts'
import { TaxMeter } from './tax-meter.ts'

/** What contracts cost in one network. */
export interface TaxPoint {
  readonly agents: number
  /** Agents that serve the skill of a task. */
  readonly perSkill: number
  readonly contracts: number
  readonly settled: number
  /** Messages and bytes that all agents together received for one contract. */
  readonly messages: number
  readonly bytes: number
  /** What holds the network together, for one contract as well: adverts, digests. */
  readonly overheadMessages: number
  readonly findings: readonly string[]
}

/** The cost of contracts against the size of the network. */
export interface TaxCurve {
  readonly shape: TaxShape
  readonly points: readonly TaxPoint[]
  readonly messages: Fit
  readonly bytes: Fit
}

/** The sizes that are measured, each about twice the one before. */
const SIZES = [10, 16, 32, 64, 125, 250, 500, 1_000, 2_000, 5_000]

export interface TaxInit {
  readonly seed: Seed
  /** The largest network. */
  readonly most: number
  readonly onPoint: (shape: TaxShape, point: TaxPoint) => Promise<void>
  readonly signal?: AbortSignal
}

/** Measures both curves; an early end leaves out what was not measured, and a curve with fewer than three points. */
export async function measureTax({ seed, most, onPoint, signal }: TaxInit): Promise<readonly TaxCurve[]> {
  const sizes = [...SIZES.filter((size) => size < most), most]
  const curves: TaxCurve[] = []
  for (const shape of taxShapes) {
    const points: TaxPoint[] = []
    for (const size of sizes) {
      if (signal?.aborted === true) break
      const point = await measure(seed, size, shape)
      points.push(point)
      await onPoint(shape, point)
    }
    if (points.length < 3) continue
    const fit = (pick: (point: TaxPoint) => number): Fit =>
      fitPower(points.map((point) => ({ x: point.agents, y: pick(point) })))
    curves.push({ shape, points, messages: fit(({ messages }) => messages), bytes: fit(({ bytes }) => bytes) })
  }
  return curves
}

async function measure(seed: Seed, agents: number, shape: TaxShape): Promise<TaxPoint> {
  const meter = new TaxMeter()
  const plan = drawTax(seed, agents, shape)
  const { findings, ledger } = await new World(plan, {
    ...{ invariants: standardInvariants(), observers: [meter], stopAtFinding: true },
  }).run()
  const tasks = Math.max(1, plan.work.length)
  const { ofTasks, overhead } = meter
  return {
    ...{ agents, perSkill: agents / new Set(plan.agents.flatMap(({ skills }) => skills)).size },
    ...{ contracts: ledger.contracts, settled: ledger.settled },
    ...{ messages: ofTasks.messages / tasks, bytes: ofTasks.bytes / tasks },
    overheadMessages: overhead.messages / tasks,
    findings: findings.map(({ invariant, text }) => `${invariant}: ${text}`),
  }
}
