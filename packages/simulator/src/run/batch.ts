import { Worker } from 'node:worker_threads'
import type { Plan } from '../plan/plan.ts'
import { scenarioOf } from '../scenarios/scenarios.ts'
import type { Seed, SeedRange } from '../seed.ts'
import type { Minimal } from './minimize.ts'
import type { Outcome } from './outcome.ts'
import type { WorkerOrder, WorkerTask } from './worker.ts'

/** Worlds are short-lived: with room for the young ones a tenth less time goes into clearing up. */
const resourceLimits = { maxYoungGenerationSizeMb: 96 }

/** A range of seeds, and how it is run. */
export interface BatchInit {
  readonly seeds: SeedRange
  readonly scenario: string
  /** Agents of each world; null: as the seed has it. */
  readonly agents: number | null
  /** Threads that work at the same time. */
  readonly jobs: number
  readonly mutant: string | null
  /** Called for every seed, in no order. False ends the batch. */
  readonly take: (outcome: Outcome) => boolean
  readonly signal?: AbortSignal
}

/** Runs a range of seeds; resolves when all are done, or the batch was ended. Rejects when the simulator itself fails. */
export async function runBatch(init: BatchInit): Promise<void> {
  // A scenario that nobody knows is said before anything is started.
  const scenario = scenarioOf(init.scenario)
  if (init.jobs > 1 || init.mutant !== null) return runInThreads(init)
  const { outcomeOfSeed } = await import('./outcome.ts')
  for (const seed of seedsOf(init.seeds)) {
    if (init.signal?.aborted === true) return
    const outcome = await outcomeOfSeed(seed, scenario, init.agents, init.signal)
    if (outcome.partial || !init.take(outcome)) return
  }
}

/** Plays one Plan out, with a bug in the product if one is named; null: it was ended, and with its thread all that it knew. */
export async function runOnePlan(
  plan: Plan,
  mutant: string | null = null,
  signal?: AbortSignal,
): Promise<Outcome | null> {
  if (mutant !== null) {
    const task = { scenario: plan.scenario, agents: null, mutant }
    const told = await inThread(task, { plan, invariant: null }, signal)
    if (told !== null && 'outcome' in told) return told.outcome
    if (signal?.aborted === true) return null
    throw new Error('the thread of a world ended before the world did')
  }
  const { outcomeOfPlan } = await import('./outcome.ts')
  return outcomeOfPlan(plan, false, signal)
}

function* seedsOf({ first, count }: SeedRange): Generator<Seed> {
  for (let index = 0n; index < BigInt(count); index += 1n) yield first + index
}

type FromWorker =
  | 'ready'
  | { readonly outcome: Outcome }
  | { readonly minimal: Minimal }
  | { readonly seed: string; readonly error: string }

async function runInThreads(init: BatchInit): Promise<void> {
  const { scenario, agents, mutant } = init
  const task: WorkerTask = { scenario, agents, mutant }
  const seeds = seedsOf(init.seeds)
  const over = new AbortController()
  const isOver = (): boolean => over.signal.aborted || init.signal?.aborted === true
  const threads = Math.min(init.jobs, init.seeds.count)
  const one = async (): Promise<void> => {
    const worker = new Worker(new URL(workerFile(), import.meta.url), { workerData: task, resourceLimits })
    const stop = (): void => void worker.terminate()
    over.signal.addEventListener('abort', stop)
    init.signal?.addEventListener('abort', stop)
    try {
      await serve(
        worker,
        () => (isOver() ? undefined : seeds.next().value),
        (outcome) => {
          if (!isOver() && !init.take(outcome)) over.abort()
        },
      )
    } finally {
      over.signal.removeEventListener('abort', stop)
      init.signal?.removeEventListener('abort', stop)
      await worker.terminate()
    }
  }
  try {
    await Promise.all(Array.from({ length: threads }, one))
  } catch (error) {
    over.abort()
    throw error
  }
}

/** Makes a failing Plan small while a bug is planted in the product, which is only so in a thread of its own. */
export async function minimizeMutant(
  plan: Plan,
  invariant: string,
  mutant: string,
  signal?: AbortSignal,
): Promise<Minimal | null> {
  const told = await inThread({ scenario: plan.scenario, agents: null, mutant }, { plan, invariant }, signal)
  return told !== null && 'minimal' in told ? told.minimal : null
}

/** Asks a worker of its own for one thing; null: it was ended before. */
async function inThread(
  task: WorkerTask,
  order: Exclude<WorkerOrder, string>,
  signal: AbortSignal | undefined,
): Promise<Exclude<FromWorker, 'ready'> | null> {
  const worker = new Worker(new URL(workerFile(), import.meta.url), { workerData: task, resourceLimits })
  const stop = (): void => void worker.terminate()
  signal?.addEventListener('abort', stop)
  try {
    return await new Promise((resolve, reject) => {
      worker.on('error', reject)
      worker.on('exit', () => resolve(null))
      worker.on('message', (told: FromWorker) => {
        if (told === 'ready') worker.postMessage(order, [])
        else if ('error' in told) reject(new Error(`a world could not be played out: ${told.error}`))
        else resolve(told)
      })
    })
  } finally {
    signal?.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

/** Gives a worker one seed after the other. */
function serve(worker: Worker, next: () => Seed | undefined | void, take: (outcome: Outcome) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('exit', () => resolve())
    worker.on('message', (told: FromWorker) => {
      if (told !== 'ready' && 'error' in told) {
        reject(new Error(`seed ${told.seed} could not be run: ${told.error}`))
        return
      }
      if (told !== 'ready' && 'outcome' in told) take(told.outcome)
      const seed = next()
      if (typeof seed === 'bigint') worker.postMessage(`${seed}`, [])
      else resolve()
    })
  })
}

/** Beside this file, in the sources as in what was built. */
function workerFile(): string {
  return import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
}
