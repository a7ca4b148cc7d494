import { profiles } from '@haggle/core'
import type { AgentKey } from '@haggle/protocol'
import type { Cast, CastMember } from '../oracle/observer.ts'
import type { Fault, Plan } from '../plan/plan.ts'

/** Who takes part, and what may be expected of each. */
export function castOf(plan: Plan, keys: readonly AgentKey[]): Cast {
  const core = new Set(plan.phases.core)
  const members = plan.agents.flatMap((agent, index): CastMember[] => {
    const key = keys[index]
    if (key === undefined) return []
    const faults = plan.faults.filter((fault) => 'agent' in fault && fault.agent === index)
    const { epsilonMs } = profiles[agent.profile]
    return [
      {
        ...{ agent: index, key, epsilonMs },
        correct: agent.byzantine === null,
        core: core.has(index),
        clockHolds: !faults.some(touchesClock) && runsWithin(plan, index, epsilonMs),
        forgets: faults.some(({ kind }) => kind === 'rollback' || kind === 'clone'),
      },
    ]
  })
  return { seed: plan.seed, members, calm: isCalm(plan), even: isEven(plan) }
}

function touchesClock({ kind }: Fault): boolean {
  return kind === 'clock-step' || kind === 'clock-drift'
}

function runsWithin(plan: Plan, agent: number, epsilonMs: number): boolean {
  const clock = plan.agents[agent]?.clock ?? { aheadMs: 0, driftPpm: 0 }
  const longestMs = plan.phases.safetyMs
  return Math.abs(clock.aheadMs) + (Math.abs(clock.driftPpm) * longestMs) / 1_000_000 <= epsilonMs
}

/** Faults that come between what is sent and who should get it. */
const cutting: ReadonlySet<string> = new Set([
  'partition',
  'hold',
  'reset',
  'sync-fails',
  'disk-full',
  'clone',
  'rollback',
])

/** Messages that take no longer than this, or differ by no more, count as fast and even. */
const NEARLY_US = 20_000

function isCalm({ weather, links, faults }: Plan): boolean {
  const slow = [weather, ...links].some(
    ({ lossPpm, delayUs, jitterUs }) => lossPpm > 0 || delayUs + jitterUs > NEARLY_US,
  )
  return !slow && !faults.some(({ kind }) => cutting.has(kind))
}

function isEven(plan: Plan): boolean {
  const { weather, links, faults } = plan
  if (isCalm(plan)) return true
  const uneven = weather.lossPpm > 0 || weather.gossipLoss > 0 || weather.jitterUs > NEARLY_US || links.length > 0
  return !uneven && faults.length === 0
}
