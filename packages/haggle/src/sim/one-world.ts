import { runOnePlan, type Outcome } from '@haggle/simulator'
import { exitCode } from '../cli/exit-code.ts'
import { signalExitCode, writeJson, type Session } from '../cli/session.ts'
import { failureText, showSmaller, smallerText } from './failing.ts'
import type { OneRequest } from './request.ts'

/** Plays one Plan out and says what came of it; after Ctrl-C, what had come of it by then. */
export async function runOneWorld({ plan, mutant, again, json }: OneRequest, session: Session): Promise<number> {
  const { interrupted } = session
  const outcome = await runOnePlan(plan, mutant, interrupted)
  const partial = outcome?.partial ?? true
  const finding = outcome?.findings[0]
  const shown = finding === undefined || partial ? undefined : await showSmaller(plan, finding, mutant, session)
  if (json) {
    const smaller = shown === undefined ? null : { ...shown.minimal, file: shown.file }
    await writeJson(session, { ...outcome, partial, scenario: plan.scenario, plan, again, smaller })
  } else {
    const told = outcome === null ? `${plan.scenario} ${plan.seed}` : outcomeText(plan.scenario, outcome)
    await session.write(`${partial ? 'ended early: ' : ''}${told}\n`)
    if (outcome !== null && finding !== undefined) {
      await session.write(`${failureText(outcome.seed, finding, again)}\n`)
    }
    if (shown !== undefined) await session.write(`${smallerText(shown, mutant)}\n`)
    if (finding === undefined && !partial) await session.write('no promise was broken\n')
  }
  if (interrupted.aborted) return signalExitCode(interrupted)
  return finding === undefined ? exitCode.ok : exitCode.failure
}

function outcomeText(scenario: string, { tally, ledger, virtualMs, traceHash, seed, agents }: Outcome): string {
  return (
    `${scenario} ${seed}: ${agents} agents, ${ledger.contracts} contracts, ${ledger.settled} settled, ` +
    `${tally.events} events in ${(virtualMs / 1_000).toFixed(1)} s of their time\ntrace ${traceHash}`
  )
}
