import { parentPort, workerData } from 'node:worker_threads'
import { applyMutant } from '../mutants/apply.ts'

/** What a worker is made with. */
export interface WorkerTask {
  readonly scenario: string
  readonly agents: number | null
  /** The bug that is planted in the product before it is loaded; null: none. */
  readonly mutant: string | null
}

// The one who starts a worker is the batch beside this file, which gives it exactly this.
const { scenario, agents, mutant } = workerData as WorkerTask
const port = parentPort
if (port !== null) {
  if (mutant !== null) await applyMutant(mutant)
  // Only now: the product is loaded with the bug in it.
  const { outcomeOfSeed } = await import('./outcome.ts')
  const { scenarioOf } = await import('../scenarios/scenarios.ts')
  port.on('message', (seed: string) => {
    outcomeOfSeed(BigInt(seed), scenarioOf(scenario), agents).then(
      (outcome) => port.postMessage({ outcome }),
      (error: unknown) =>
        port.postMessage({ seed, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  port.postMessage('ready')
}
