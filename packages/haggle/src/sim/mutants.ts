import { mutants, runBatch, type Outcome } from '@haggle/simulator'
import { exitCode } from '../cli/exit-code.ts'
import { signalExitCode, writeJson, type Session } from '../cli/session.ts'
import { Progress } from './progress.ts'
import type { MutantsRequest } from './request.ts'

/** Of ten planted bugs at least nine are found, or the simulator proves too little. */
const FOUND_OF_TEN = 9

interface Trial {
  readonly mutant: string
  /** The promise that was broken first; null: the bug survived all seeds. */
  readonly invariant: string | null
  readonly seed: string | null
  /** Seeds that were run until then. */
  readonly seeds: number
}

/** Plants each bug of the bank and looks how many seeds it takes to find it. */
export async function runMutantBank(request: MutantsRequest, session: Session): Promise<number> {
  const progress = new Progress(session)
  const trials: Trial[] = []
  for (const { name } of mutants) {
    if (session.interrupted.aborted) break
    progress.show(`${trials.length} of ${mutants.length} mutants, now ${name}`)
    const trial = await tryMutant(name, request, session)
    if (session.interrupted.aborted) break
    trials.push(trial)
    if (!request.json) await session.write(`${trialText(trial)}\n`)
  }
  progress.end()
  const found = trials.filter(({ invariant }) => invariant !== null).length
  const enough = found * 10 >= trials.length * FOUND_OF_TEN
  const partial = session.interrupted.aborted
  if (request.json) await writeJson(session, { trials, found, wallMs: Math.round(progress.wallMs), partial })
  else await session.write(`${partial ? 'ended early: ' : ''}${found} of ${trials.length} planted bugs were found\n`)
  if (partial) return signalExitCode(session.interrupted)
  return enough ? exitCode.ok : exitCode.failure
}

async function tryMutant(mutant: string, { seeds, scenario, jobs }: MutantsRequest, session: Session): Promise<Trial> {
  let run = 0
  let found: Outcome | undefined
  await runBatch({
    ...{ seeds, scenario, agents: null, jobs, mutant, signal: session.interrupted },
    take: (outcome) => {
      run += 1
      if (outcome.findings.length === 0) return true
      found = outcome
      return false
    },
  })
  return { mutant, invariant: found?.findings[0]?.invariant ?? null, seed: found?.seed ?? null, seeds: run }
}

function trialText({ mutant, invariant, seed, seeds }: Trial): string {
  const end = invariant === null ? `not found in ${seeds} seeds` : `found by ${invariant} in seed ${seed ?? '?'}`
  return `${mutant.padEnd(36)} ${end}`
}
