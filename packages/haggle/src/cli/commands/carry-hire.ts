import { rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Agent, Job, Result } from '@haggle/node'
import { agentText, HaggleError, recordText } from '@haggle/protocol'
import { eventLine, eventView } from '../../view/event-view.ts'
import { taskFileOf } from '../../task-file/write.ts'
import { exitCode } from '../exit-code.ts'
import { exitOfCode, renderError } from '../render-error.ts'
import type { HireRequest } from '../request.ts'
import { signalExitCode, writeJson, type Session } from '../session.ts'
import { creditsText } from '../../view/credits-view.ts'
import { showCredits, showDuration } from '../values.ts'
import { hireInput, hireTerms } from './hire-terms.ts'
import { taxOf } from './carry-tax.ts'
import { meetWitnesses } from './meet-witnesses.ts'
import { resultJson, saveResult, unwritable, writeResult } from './result-output.ts'

/** How long a cancelled task is waited for, and a worker's last receipt. */
const PARTING_MS = 2_000
/** How long the last event of a job may come after its end. */
const LAST_EVENT_MS = 500

/** Offers a task, follows it to its end and hands the result over. */
export async function carryHire(agent: Agent, request: HireRequest, json: boolean, session: Session): Promise<number> {
  const input = await hireInput(request, session)
  if (request.panel !== 0) await meetWitnesses(agent, session.interrupted)
  const job = await Promise.race([agent.hire(request.skill, input, hireTerms(request, session)), interruption(session)])
  if (job === 'interrupted') return signalExitCode(session.interrupted)
  noteStake(job, session)
  const stop = new AbortController()
  const telling = tell(agent, job, json, session, stop.signal)
  const save = async (): Promise<void> => {
    if (request.save !== null) await saveTaskFile(request.save, agent, job)
  }
  // How the task ended is what the exit code says; that its file is missing besides is told, and hides nothing.
  const saveToo = (): Promise<void> =>
    save().catch((error: unknown) => session.note(renderError(error, false).text.trimEnd()))
  let code: number
  try {
    const ending = await endingOf(job, session)
    // The last event stands before the result, which is the last line.
    if (json) await Promise.race([telling, pause(LAST_EVENT_MS)])
    code = await conclude(agent, job, ending, request, json, session)
  } catch (error) {
    await saveToo()
    throw error
  } finally {
    stop.abort()
    await telling
  }
  await (code === exitCode.ok ? save() : saveToo())
  return code
}

/** A result that could not be written to its file is fetched again by its key. */
function fetchable(error: unknown, agent: Agent, job: Job): unknown {
  if (!(error instanceof HaggleError) || error.code !== 'file/unwritable') return error
  return new HaggleError(error.code, error.message, {
    next: `The task is settled and its result kept: haggle contract result ${quoted(job.key)} --as ${agent.name} --out FILE.`,
    cause: error,
  })
}

/** As a shell takes it as one word. */
function quoted(word: string): string {
  return /^[\w.:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** Until the offer stands there is nothing to withdraw, however long its input takes to read. */
function interruption(session: Session): Promise<'interrupted'> {
  return new Promise((resolve) => {
    if (session.interrupted.aborted) resolve('interrupted')
    else session.interrupted.addEventListener('abort', () => resolve('interrupted'), { once: true })
  })
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

async function endingOf(job: Job, session: Session): Promise<Ending> {
  const ending = await endOf(job, session.interrupted)
  return ending.kind === 'left' ? afterInterrupt(job, session) : ending
}

async function conclude(
  agent: Agent,
  job: Job,
  ending: Ending,
  request: HireRequest,
  json: boolean,
  session: Session,
): Promise<number> {
  switch (ending.kind) {
    case 'settled':
      try {
        await handOver(agent, job, ending.result, request, json, session)
      } catch (error) {
        throw fetchable(error, agent, job)
      } finally {
        // The worker has earned its approval, whatever became of the file here.
        await Promise.race([job.acknowledged(PARTING_MS), interruption(session)])
      }
      return exitCode.ok
    case 'ended': {
      const code = session.interrupted.aborted ? signalExitCode(session.interrupted) : exitOfCode(ending.error.code)
      if (json) {
        const tax = await taxOf(agent, job.task)
        await writeJson(session, { event: 'result', ...jobJson(job), code: ending.error.code, exit: code, tax })
      }
      session.note(`haggle: ${endText(ending.error, agent, request)}`)
      return code
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

async function handOver(
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
      tax: await taxOf(agent, job.task),
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

function endText(error: HaggleError, agent: Agent, request: HireRequest): string {
  const someBid = error.detail?.['bids'] !== 0
  switch (error.code) {
    case 'hire/no-bids':
    case 'hire/too-dear': {
      const who = `met ${counted(agent.peers().length, 'peer')}${cheapest(agent, request)}`
      const advice = error.code === 'hire/no-bids' && someBid ? error.next : adviceOnBids(agent, request)
      return `${error.message} (${who}).\n  ${advice}`
    }
    case 'hire/no-peers':
      return `${error.message} on network ${agent.network} within ${showDuration(request.waitMs)}.\n  Start a worker: haggle work ${request.skill} -- COMMAND; or name one that runs elsewhere with --peer MULTIADDR. "haggle doctor" says whether others can be found from here.`
    default:
      return `${error.message}\n  ${error.next}`
  }
}

function cheapest(agent: Agent, request: HireRequest): string {
  const prices = agent.skills().flatMap((row) => (row.skill === request.skill && row.price !== null ? [row.price] : []))
  if (prices.length === 0) return '; none of them offers it'
  return `; the cheapest asks ${creditsText(Math.min(...prices))}, the budget is ${showCredits(request.budget)}`
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
    await writeFile(part, await taskFileOf(agent, job.records()))
    await rename(part, path)
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined)
    throw new HaggleError('file/unwritable', unwritable(path, cause).message, {
      next: `The records are kept: haggle contract export ${quoted(job.key)} --as ${agent.name} --out FILE.`,
      cause,
    })
  }
}
