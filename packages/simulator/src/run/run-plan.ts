import { standardInvariants } from '../oracle/standard.ts'
import type { Plan } from '../plan/plan.ts'
import { Sometimes } from '../sometimes/sometimes.ts'
import { World, type RunResult } from '../world/world.ts'

/** Plays a Plan out once, watched over by every promise; the first that is broken ends it. */
export function runPlan(plan: Plan): Promise<RunResult> {
  return new World(plan, { invariants: [...standardInvariants(), new Sometimes()], stopAtFinding: true }).run()
}
