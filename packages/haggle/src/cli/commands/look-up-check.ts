import { execFile } from 'node:child_process'
import { findCommand } from '@haggle/node/system'
import { UsageError } from '../usage-error.ts'

/** A plain word at the beginning of a line for the shell; anything that the shell has to expand first is its own affair. */
const FIRST_WORD = /^\s*([\w./+-]+)(?=\s|$)/

/** A check that cannot be run would judge no result: its line is read by the shell, and its command looked up, before anything is offered. */
export async function lookUpCheck(line: string, cwd: string): Promise<void> {
  if (!(await shell(cwd, '-n', '-c', line)))
    throw new UsageError(
      `the shell cannot read the check: ${line}`,
      'Try it by itself: sh -c "…" < RESULT; exit code 0 passes.',
    )
  const word = FIRST_WORD.exec(line)?.[1]
  if (word === undefined || findCommand(word, cwd) !== undefined) return
  // Words of the shell itself, such as test or if, are no files.
  if (!word.includes('/') && (await shell(cwd, '-c', 'command -v "$1"', 'sh', word))) return
  throw new UsageError(
    `there is no command "${word}" for the check.`,
    'Check its spelling and PATH; it reads the result on stdin and passes it by exit code 0.',
  )
}

function shell(cwd: string, ...args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('/bin/sh', [...args], { cwd }, (error) => resolve(error === null))
  })
}
