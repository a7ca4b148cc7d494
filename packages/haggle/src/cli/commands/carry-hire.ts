import { rename, rm, writeFile } from 'node:fs/promises'
import type { Agent, HireErrorCode, Job, Result } from '@haggle/node'
import { agentText, HaggleError, recordText } from '@haggle/protocol'
import { eventLine, eventView } from '../../view/event-view.ts'
import { writeTaskFile } from '../../task-file/write.ts'
import { exitCode } from '../exit-code.ts'
import { exitOfCode } from '../render-error.ts'
import type { HireRequest } from '../request.ts'
import { signalExitCode, writeJson, type Session } from '../session.ts'
import { showCredits, showDuration } from '../values.ts'
import { acknowledged } from './acknowledged.ts'
import { hireInput, hireTerms } from './hire-terms.ts'
import { resultJson, saveResult, unwritable, writeResult } from './result-output.ts'

/** How long a cancelled task is waited for, and a worker's last receipt. */
const PARTING_MS = 2_000

/** Offers a task, follows it to its end and hands the result over. */
export async function carryHire(agent: Agent, request: HireRequest, json: boolean, session: Session): Promise<number> {
  const input = await hireInput(request, session)
  const job = await agent.hire(request.skill, input, hireTerms(request, session))
  noteStake(job, session)
  const stop = new AbortController()
  const telling = tell(agent, job, json, session, stop.signal)
  try {
    const code = await conclude(agent, job, request, json, session)
    await telling
    return code
  } finally {
    stop.abort()
    await telling
    if (request.save !== null) await saveTaskFile(request.save, agent, job)
  }
}

/** Reputation is only at risk where there is a stake: whoever hires without one should know. */
function noteStake(job: Job, session: Session): void {
  const offer = job.records().find((record) => record.type === 'offer')
  if (offer?.body.terms.stakeWorker === 0)
    session.note('haggle: nothing is at stake in this task; a worker that breaks it loses nothing.')
}

type Ending =
  | { readonly kind: 'settled'; readonly result: Result }
  | { readonly kind: 'ended'; readonly error: HaggleError }
  | { readonly kind: 'left' }

async function conclude(
  agent: Agent,
  job: Job,
  request: HireRequest,
  json: boolean,
  session: Session,
): Promise<number> {
  let ending = await endOf(job, session.interrupted)
  if (ending.kind === 'left') ending = await afterInterrupt(job, session)
  switch (ending.kind) {
    case 'settled':
      await deliver(agent, job, ending.result, request, json, session)
      await acknowledged(job, ending.result, AbortSignal.any([AbortSignal.timeout(PARTING_MS), session.interrupted]))
      return exitCode.ok
    case 'ended': {
      const code = exitOfCode(ending.error.code)
      if (json) await writeJson(session, { event: 'result', ...jobJson(job), code: ending.error.code, exit: code })
      session.note(`haggle: ${endText(ending.error, agent, request)}`)
      return session.interrupted.aborted ? signalExitCode(session.interrupted) : code
    }
    case 'left':
      session.note(
        `haggle: the worker has not agreed to stop. Run "haggle up --as ${agent.name}" to let the task end, then fetch it with\n` +
          `  haggle contract result ${job.key} --as ${agent.name}`,
      )
      return signalExitCode(session.interrupted)
  }
}

async function endOf(job: Job, signal: AbortSignal): Promise<Ending> {
  try {
    return { kind: 'settled', result: await job.settled(signal) }
  } catch (error) {
    const state = job.state()
    if (state.kind === 'ended' && error instanceof HaggleError) return { kind: 'ended', error }
    if (signal.aborted) return { kind: 'left' }
    throw error
  }
}

/** Withdraws an offer nobody holds at once; asks the worker to stop otherwise, and waits a little for its answer. */
async function afterInterrupt(job: Job, session: Session): Promise<Ending> {
  session.note('haggle: cancelling; press Ctrl-C again to leave at once.')
  const patience = AbortSignal.any([AbortSignal.timeout(PARTING_MS), session.killed])
  await job.cancel('interrupted')
  return endOf(job, patience)
}

async function deliver(
  agent: Agent,
  job: Job,
  result: Result,
  request: HireRequest,
  json: boolean,
  session: Session,
): Promise<void> {
  if (request.out !== null) await saveResult(request.out, result)
  if (json) {
    await writeJson(session, {
      event: 'result',
      ...jobJson(job),
      contract: recordText(result.contract),
      generation: result.generation,
      worker: agentText(result.worker),
      price: result.price,
      exit: exitCode.ok,
      result: await resultJson(result, request.out),
    })
  } else if (request.out === null) {
    await writeResult(session, result)
  }
}

function jobJson(job: Job): { readonly [field: string]: string } {
  return { key: job.key, task: recordText(job.task), skill: job.skill }
}

/** Tells what happens: on stdout as JSON, or on a terminal's stderr for people. Ends with the job or the signal. */
async function tell(agent: Agent, job: Job, json: boolean, session: Session, signal: AbortSignal): Promise<void> {
  if (!json && !session.tty.stderr) return
  try {
    for await (const event of job.events(signal)) {
      if (json) await writeJson(session, eventView(event))
      const line = json ? undefined : eventLine(event)
      if (line !== undefined) session.note(`haggle: ${line}`)
    }
  } catch (error) {
    // The job itself says how it ended; the signal only ends the telling.
    if (!signal.aborted) session.note(`haggle: ${agent.name} tells no more events: ${String(error)}`)
  }
}

const END_TEXTS: { readonly [code in HireErrorCode]: string } = {
  'hire/no-bids': 'nobody bid',
  'hire/too-dear': 'every bid was above the budget',
  'hire/no-peers': 'met no other agent',
  'hire/deadline': 'the deadline passed',
  'hire/rejected': 'the result was rejected',
  'hire/task-failed': 'the task itself failed',
  'hire/cancelled': 'the task was cancelled',
  'hire/undecided': 'the contract ended undecided',
}

function endText(error: HaggleError, agent: Agent, request: HireRequest): string {
  // Codes of jobs come from the closed list; a foreign code keeps its own message.
  const said = END_TEXTS[error.code as HireErrorCode] ?? error.message
  const detail = error.message === said ? '' : `: ${error.message}`
  switch (error.code) {
    case 'hire/no-bids':
    case 'hire/too-dear':
      return `${said} for ${request.skill} (met ${counted(agent.peers().length, 'peer')}${cheapest(agent, request)}).\n  ${adviceOnBids(agent, request)}`
    case 'hire/no-peers':
      return `${said} on network ${agent.network} within ${showDuration(request.waitMs)}.\n  Start a worker: haggle work ${request.skill} -- COMMAND; or name one that runs elsewhere with --peer MULTIADDR.`
    default:
      return `${said}${detail}${error.next === undefined ? '' : `\n  ${error.next}`}`
  }
}

function cheapest(agent: Agent, request: HireRequest): string {
  const prices = agent.skills().flatMap((row) => (row.skill === request.skill && row.price !== null ? [row.price] : []))
  if (prices.length === 0) return '; none of them offers it'
  return `; the cheapest asks ${showCredits(Math.min(...prices))} credits, the budget is ${showCredits(request.budget)}`
}

function adviceOnBids(agent: Agent, request: HireRequest): string {
  const offered = agent.skills().filter((row) => row.skill === request.skill)
  if (offered.length === 0)
    return `See what is on offer with "haggle skills", or serve it: haggle work ${request.skill} -- COMMAND.`
  return 'Raise --budget, or wait longer with --wait.'
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Writes the task file, whole or not at all. */
async function saveTaskFile(path: string, agent: Agent, job: Job): Promise<void> {
  const part = `${path}.${process.pid}.part`
  try {
    await writeFile(part, await writeTaskFile(agent.network, job.records(), (contract) => agent.result(contract)))
    await rename(part, path)
  } catch (cause) {
    await rm(part, { force: true })
    throw unwritable(path, cause)
  }
}
