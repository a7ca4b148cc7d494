import { runOnePlan } from '@haggle/simulator'
import { exitCode } from '../cli/exit-code.ts'
import { writeJson, type Session } from '../cli/session.ts'
import { failureText, showSmaller, smallerText } from './failing.ts'
import type { OneRequest } from './request.ts'

/** Plays one Plan out and says what came of it. */
export async function runOneWorld({ plan, mutant, again, json }: OneRequest, session: Session): Promise<number> {
  const outcome = await runOnePlan(plan, mutant)
  const [finding] = outcome.findings
  const shown = finding === undefined ? undefined : await showSmaller(plan, finding, mutant, session)
  if (json) {
    const smaller = shown === undefined ? null : { ...shown.minimal, file: shown.file }
    await writeJson(session, { ...outcome, scenario: plan.scenario, plan, again, smaller })
  } else {
    const { tally, ledger, virtualMs, traceHash } = outcome
    await session.write(
      `${plan.scenario} ${outcome.seed}: ${outcome.agents} agents, ${ledger.contracts} contracts, ${ledger.settled} settled, ` +
        `${tally.events} events in ${(virtualMs / 1_000).toFixed(1)} s of their time\ntrace ${traceHash}\n`,
    )
    if (finding !== undefined) await session.write(`${failureText(outcome.seed, finding, again)}\n`)
    if (shown !== undefined) await session.write(`${smallerText(shown, mutant)}\n`)
    if (finding === undefined) await session.write('no promise was broken\n')
  }
  return finding === undefined ? exitCode.ok : exitCode.failure
}
