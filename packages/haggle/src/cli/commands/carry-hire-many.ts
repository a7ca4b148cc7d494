import { join } from 'node:path'
import type { Agent } from '@haggle/node'
import type { JsonValue } from '@haggle/protocol'
import { exitCode } from '../exit-code.ts'
import { renderError } from '../render-error.ts'
import type { HireManyRequest, HireRequest } from '../request.ts'
import { signalExitCode, writeJson, type Session } from '../session.ts'
import { showSize } from '../values.ts'
import { carryHire } from './carry-hire.ts'

/** Of several failures the exit code is the first of these: what hinders every job comes before what befell one. */
export const failuresByWeight: readonly number[] = [
  exitCode.configuration,
  exitCode.busy,
  exitCode.usage,
  exitCode.failure,
  exitCode.noPeer,
  exitCode.nobodyBid,
  exitCode.deadline,
  exitCode.rejected,
  exitCode.taskFailed,
]

type Fields = { readonly [field: string]: unknown }
interface Done {
  readonly code: number
  /** What `hire --json` says last of a task; undefined: it came to none. */
  readonly result: Fields | undefined
}

/** One task for each input, a few at a time; each is told on stderr when it is over. */
export async function carryHireMany(
  agent: Agent,
  request: HireManyRequest,
  json: boolean,
  session: Session,
): Promise<number> {
  const { inputs } = request
  const codes: number[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let at = next++; at < inputs.length && !session.interrupted.aborted; at = next++) {
      const input = inputs[at]
      if (input === undefined) return
      const label = input.path === null ? '-' : input.name
      const { code, result } = await one(agent, hireOf(request, at), label, session)
      codes.push(code)
      if (json) await writeJson(session, { event: 'result', exit: code, ...result, input: input.path ?? '-' })
      session.note(`haggle: [${codes.length}/${inputs.length}] ${label}: ${endOf(code, result)}`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(request.jobs, inputs.length) }, () => worker()))
  const settled = codes.filter((code) => code === exitCode.ok).length
  const left = inputs.length - codes.length
  session.note(`haggle: ${settled} of ${inputs.length} settled${left === 0 ? '' : `, ${left} not begun`}.`)
  if (session.interrupted.aborted) return signalExitCode(session.interrupted)
  return heaviest(codes)
}

/** The exit code of several jobs: 0 when all of them settled. */
export function heaviest(codes: readonly number[]): number {
  const failed = codes.filter((code) => code !== exitCode.ok)
  return failuresByWeight.find((code) => failed.includes(code)) ?? failed[0] ?? exitCode.ok
}

/** A job that fails is told and leaves the others alone. */
async function one(agent: Agent, request: HireRequest, label: string, session: Session): Promise<Done> {
  let result: Fields | undefined
  const quiet = sessionOf(session, label, (line) => (result = line))
  try {
    return { code: await carryHire(agent, request, true, quiet), result }
  } catch (error) {
    const { text, code } = renderError(error, false)
    quiet.note(text.trimEnd())
    return { code, result }
  }
}

/** The session of one of several jobs: its last line is kept, its notes name it, and its other events are not told. */
function sessionOf(session: Session, label: string, last: (result: Fields) => void): Session {
  return {
    ...session,
    tty: { ...session.tty, stderr: false },
    // Signals of its own: what listens to them goes with the job.
    interrupted: AbortSignal.any([session.interrupted]),
    killed: AbortSignal.any([session.killed]),
    unread: AbortSignal.any([session.unread]),
    async write(chunk) {
      if (typeof chunk !== 'string') return
      // What a hire writes with --json is one JSON object a line.
      const line = JSON.parse(chunk) as Fields
      if (line['event'] === 'result') last(line)
      return Promise.resolve()
    },
    note: (text) => session.note(text.replace(/^haggle: /, `haggle: ${label}: `)),
  }
}

function hireOf({ hire, inputs, outDir }: HireManyRequest, at: number): HireRequest {
  const input = inputs[at]
  const path = input?.path ?? null
  return {
    ...hire,
    input: path === null ? { kind: 'stdin' } : { kind: 'file', path },
    out: outDir === null || input === undefined ? null : join(outDir, input.name),
    // Running the same command again finds the same jobs.
    key: hire.key === null ? null : `${hire.key}/${at + 1}`,
  }
}

function endOf(code: number, line: Fields | undefined): string {
  if (code !== exitCode.ok) {
    const why = line?.['code']
    return `not settled: ${typeof why === 'string' ? why : `exit ${code}`}`
  }
  const result = line?.['result']
  const { size, path } = isFields(result) ? result : {}
  const where = typeof path === 'string' ? `, ${path}` : ''
  return `settled${typeof size === 'number' ? `, ${showSize(size)}` : ''}${where}`
}

function isFields(value: unknown): value is { readonly [field: string]: JsonValue } {
  return typeof value === 'object' && value !== null
}
