import { parentPort, workerData } from 'node:worker_threads'
import type { Plan } from '../plan/plan.ts'
import { applyMutant } from '../mutants/apply.ts'

/** What a worker is made with. */
export interface WorkerTask {
  readonly scenario: string
  readonly agents: number | null
  /** The bug that is planted in the product before it is loaded; null: none. */
  readonly mutant: string | null
}

/** What a worker is asked for: a seed to run, or a Plan to run (`invariant` is null) or to make smaller. */
export type WorkerOrder = string | { readonly plan: Plan; readonly invariant: string | null }

// The one who starts a worker is the batch beside this file, which gives it exactly this.
const { scenario, agents, mutant } = workerData as WorkerTask
const port = parentPort
if (port !== null) {
  if (mutant !== null) await applyMutant(mutant)
  // Only now: the product is loaded with the bug in it.
  const { outcomeOfPlan, outcomeOfSeed } = await import('./outcome.ts')
  const { minimize } = await import('./minimize.ts')
  const { scenarioOf } = await import('../scenarios/scenarios.ts')
  const carryOut = async (order: WorkerOrder): Promise<object> => {
    if (typeof order === 'string') return { outcome: await outcomeOfSeed(BigInt(order), scenarioOf(scenario), agents) }
    const { plan, invariant } = order
    return invariant === null ? { outcome: await outcomeOfPlan(plan) } : { minimal: await minimize(plan, invariant) }
  }
  const answer = async (order: WorkerOrder): Promise<void> => {
    try {
      port.postMessage(await carryOut(order))
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      port.postMessage({ seed: typeof order === 'string' ? order : order.plan.seed, error: text })
    }
  }
  port.on('message', (order: WorkerOrder) => void answer(order))
  port.postMessage('ready')
}
