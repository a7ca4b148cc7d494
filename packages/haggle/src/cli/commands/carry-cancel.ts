import type { Agent } from '@haggle/node'
import { HaggleError } from '@haggle/protocol'
import { exitCode } from '../exit-code.ts'
import { writeJson, type Session } from '../session.ts'

/** How long the worker's agreement is waited for. */
const ANSWER_MS = 2_000

/** Withdraws an offer that nobody holds, or asks the worker to agree to an end; says which of the two it came to. */
export async function carryCancel(agent: Agent, id: string, json: boolean, session: Session): Promise<number> {
  const view = agent.contract(id)
  const job = agent.jobs().find((each) => each.key === id || (view !== undefined && each.task === view.task))
  if (view?.outcome != null) {
    session.note(`haggle: that contract has ended already: ${view.outcome.end}.`)
    return exitCode.ok
  }
  await agent.cancel(id, 'cancelled')
  const state =
    job === undefined
      ? 'asked'
      : await answer(job.settled(AbortSignal.any([AbortSignal.timeout(ANSWER_MS), session.interrupted])))
  if (json) await writeJson(session, { cancel: id, state })
  session.note(`haggle: ${TEXTS[state]}`)
  return state === 'settled' ? exitCode.failure : exitCode.ok
}

type Answer = 'cancelled' | 'settled' | 'asked'

const TEXTS: { readonly [state in Answer]: string } = {
  cancelled: 'cancelled.',
  settled: 'too late: the task was settled; its result is kept.',
  asked: 'the worker was asked to stop; until it agrees, the contract goes on.',
}

async function answer(end: Promise<unknown>): Promise<Answer> {
  try {
    await end
    return 'settled'
  } catch (error) {
    return error instanceof HaggleError && error.code.startsWith('hire/') ? 'cancelled' : 'asked'
  }
}
