import { standardInvariants } from '../oracle/standard.ts'
import type { Plan } from '../plan/plan.ts'
import { Sometimes } from '../sometimes/sometimes.ts'
import { World, type RunResult } from '../world/world.ts'

/** Plays a Plan out once, watched over by every promise; the first that is broken ends it, and so does the signal. */
export function runPlan(plan: Plan, signal?: AbortSignal): Promise<RunResult> {
  return new World(plan, {
    ...{ invariants: [...standardInvariants(), new Sometimes()], stopAtFinding: true },
    ...(signal === undefined ? {} : { signal }),
  }).run()
}
