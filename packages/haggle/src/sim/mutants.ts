import { mutants, runMutant, type MutantVerdict } from '@haggle/simulator'
import { exitCode } from '../cli/exit-code.ts'
import { signalExitCode, writeJson, type Session } from '../cli/session.ts'
import { Progress } from './progress.ts'
import type { MutantsRequest } from './request.ts'

/** Of ten planted bugs at least nine are found, or the simulator proves too little. */
const FOUND_OF_TEN = 9
/** A product with a bug may never come to an end of anything. */
const LONGEST_MS = 120_000

/** Plants each bug of the bank and looks how many seeds it takes to find it. */
export async function runMutantBank(request: MutantsRequest, session: Session): Promise<number> {
  const { seeds, scenario, jobs, json } = request
  const progress = new Progress(session)
  const verdicts: MutantVerdict[] = []
  const { interrupted } = session
  for (const { name } of mutants) {
    progress.show(`${verdicts.length} of ${mutants.length} mutants, now ${name}`)
    const verdict = await runMutant(name, {
      ...{ seeds: seeds.count, first: seeds.first, jobs, forMs: LONGEST_MS, signal: interrupted },
      ...(scenario === null ? {} : { scenario }),
    })
    if (interrupted.aborted) break
    verdicts.push(verdict)
    if (!json) await session.write(`${verdictText(verdict)}\n`)
  }
  progress.end()
  const found = verdicts.filter((each) => each.found !== null).length
  const partial = interrupted.aborted
  if (json) await writeJson(session, { verdicts, found, wallMs: Math.round(progress.wallMs), partial })
  else await session.write(`${partial ? 'ended early: ' : ''}${found} of ${verdicts.length} planted bugs were found\n`)
  if (partial) return signalExitCode(interrupted)
  return found * 10 >= verdicts.length * FOUND_OF_TEN ? exitCode.ok : exitCode.failure
}

function verdictText({ name, breaks, found, asExpected, seeds }: MutantVerdict): string {
  const end =
    found === null ? `NOT FOUND in ${seeds} seeds` : `${found.invariant} in seed ${found.seed}, after ${seeds}`
  return `${name.padEnd(32)} ${end}${found === null || asExpected ? '' : ' (another promise than expected)'}: ${breaks}`
}
