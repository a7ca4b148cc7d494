import { reportText, runBatch, scenarioOf, Tallyman } from '@haggle/simulator'
import { exitCode } from '../cli/exit-code.ts'
import { signalExitCode, writeJson, type Session } from '../cli/session.ts'
import { failureText, showSmaller, smallerText } from './failing.ts'
import { Progress } from './progress.ts'
import { againOf, type ManyRequest } from './request.ts'

/** Runs a range of seeds; what was done so far is reported after Ctrl-C too. */
export async function runManyWorlds(request: ManyRequest, session: Session): Promise<number> {
  const { seeds, scenario, agents, mutant, jobs, json } = request
  const tallyman = new Tallyman()
  const progress = new Progress(session)
  const { interrupted } = session
  await runBatch({
    ...{ seeds, scenario, agents, jobs, mutant, signal: interrupted },
    take: (outcome) => {
      tallyman.take(outcome)
      progress.show(`${tallyman.seeds} of ${seeds.count} seeds, ${tallyman.failures} failures`)
      return true
    },
  })
  progress.end()
  const report = tallyman.report(scenario, progress.wallMs, interrupted.aborted)
  const first = tallyman.first
  const finding = first?.findings[0]
  const shown =
    first === undefined || finding === undefined || interrupted.aborted
      ? undefined
      : await showSmaller(scenarioOf(scenario).draw(BigInt(first.seed), agents), finding, mutant, session)
  const again = first === undefined ? null : againOf(first.seed, scenario, agents)
  if (json) {
    const smaller = shown === undefined ? null : { ...shown.minimal, file: shown.file }
    await writeJson(session, { ...report, mutant, again, smaller })
  } else {
    for (const { seed, findings } of report.failed.slice(1)) {
      await session.write(`seed ${seed} breaks ${findings[0]?.invariant ?? '?'}: ${findings[0]?.text ?? ''}\n`)
    }
    if (first !== undefined && finding !== undefined && again !== null) {
      await session.write(
        `${failureText(first.seed, finding, mutant === null ? again : `${again} --mutant ${mutant}`)}\n`,
      )
    }
    if (shown !== undefined) await session.write(`${smallerText(shown, mutant)}\n\n`)
    await session.write(`${reportText(report)}\n`)
  }
  if (interrupted.aborted) return signalExitCode(interrupted)
  return report.failures === 0 ? exitCode.ok : exitCode.failure
}
