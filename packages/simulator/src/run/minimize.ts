import { SpaceTime } from '../flow/space-time-diagram.ts'
import { standardInvariants } from '../oracle/standard.ts'
import type { Plan } from '../plan/plan.ts'
import { shrink } from '../shrink.ts'
import { World } from '../world/world.ts'
import { runPlan } from './run-plan.ts'

/** A failing Plan made small, with the drawing of what happens in it. */
export interface Minimal {
  readonly plan: Plan
  readonly diagram: string
}

/** Makes a Plan that breaks a promise as small as it can be without keeping the promise; after the signal, as small as it is by then. */
export async function minimize(plan: Plan, invariant: string, signal?: AbortSignal): Promise<Minimal> {
  const fails = async (smaller: Plan): Promise<boolean> =>
    (await runPlan(smaller, signal)).findings.some((finding) => finding.invariant === invariant)
  const small = await shrink(plan, { fails, ...(signal === undefined ? {} : { signal }) })
  const diagram = new SpaceTime()
  await new World(small, {
    ...{ invariants: [...standardInvariants(), diagram], stopAtFinding: true },
    ...(signal === undefined ? {} : { signal }),
  }).run()
  return { plan: small, diagram: diagram.draw() }
}
