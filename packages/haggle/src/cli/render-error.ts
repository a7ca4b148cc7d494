import { HaggleError } from '@haggle/protocol'
import { exitCode } from './exit-code.ts'
import { BusyError, UsageError } from './usage-error.ts'

export interface RenderedError {
  readonly text: string
  readonly code: number
}

/** Families of codes with an exit code of their own; everything else is a failure. */
const EXIT_BY_CODE: readonly (readonly [RegExp, number])[] = [
  [/^(journal|check)\/held$/, exitCode.busy],
  [/^(check\/no-agent|flight\/none|evidence\/unreadable|peer\/.*)$/, exitCode.usage],
  [/^journal\/(corrupt|disk-full|io)$/, exitCode.configuration],
  [/^net\/bad-address$/, exitCode.usage],
  [/^(net\/listen-failed|journal\/(disk-full|io|corrupt))$/, exitCode.configuration],
  [/^(control\/(closed|malformed)|net\/.*)$/, exitCode.failure],
  [/^flight\/unwritable$/, exitCode.configuration],
  [/^(config|dir|listen|control)\/|^hire\/overtaken$/, exitCode.configuration],
  [/^(job\/(terms|key-taken)|argument\/invalid|sim\/.*)$/, exitCode.usage],
  [/^hire\/(no-bids|too-dear)$/, exitCode.nobodyBid],
  [/^hire\/(deadline|attempts|undecided|cancelled)$/, exitCode.deadline],
  [/^hire\/rejected$/, exitCode.rejected],
  [/^hire\/no-peers$/, exitCode.noPeer],
  [/^hire\/task-failed$/, exitCode.taskFailed],
]

/** What a look at the whole machine may explain better than one error can. */
const FOR_THE_DOCTOR = /^(dir|listen)\/|^net\/listen-failed$|^journal\/(disk-full|io|corrupt|halted)$/

/** The exit code that a stable error code stands for. */
export function exitOfCode(code: string): number {
  return EXIT_BY_CODE.find(([pattern]) => pattern.test(code))?.[1] ?? exitCode.failure
}

/** What happened, why, and the next step; the stack only for whoever asked to debug. */
export function renderError(error: unknown, debug: boolean): RenderedError {
  const stack = debug && error instanceof Error ? `${error.stack ?? ''}\n${causes(error)}` : ''
  if (error instanceof UsageError) return { text: said(error.message, error.next) + stack, code: exitCode.usage }
  if (error instanceof BusyError) return { text: said(error.message, error.next) + stack, code: exitCode.busy }
  if (error instanceof HaggleError) {
    const doctor = FOR_THE_DOCTOR.test(error.code) ? '  "haggle doctor" looks at everything an agent needs.\n' : ''
    return { text: said(`${error.message} (${error.code})`, error.next) + doctor + stack, code: exitOfCode(error.code) }
  }
  const message = error instanceof Error ? error.message : String(error)
  const next = debug
    ? undefined
    : 'This is a defect of haggle: run the command again with --debug and report what it prints.'
  return { text: said(message, next) + stack, code: exitCode.failure }
}

function said(what: string, next: string | undefined): string {
  return `haggle: ${what}\n${next === undefined || next === '' ? '' : `  ${next}\n`}`
}

function causes(error: Error): string {
  const { cause } = error
  return cause instanceof Error ? `caused by ${cause.stack ?? cause.message}\n${causes(cause)}` : ''
}
