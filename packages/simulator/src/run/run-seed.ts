import { standardInvariants } from '../oracle/standard.ts'
import type { Plan } from '../plan/plan.ts'
import type { Scenario } from '../scenarios/scenarios.ts'
import type { Seed } from '../seed.ts'
import { World, type RunResult } from '../world/world.ts'

/** Plays a Plan out once. */
export function runPlan(plan: Plan): Promise<RunResult> {
  return new World(plan, { invariants: standardInvariants(), stopAtFinding: true }).run()
}

/** Draws the world of a seed and plays it out. */
export function runSeed(seed: Seed, scenario: Scenario): Promise<RunResult> {
  return runPlan(scenario.draw(seed, null))
}
