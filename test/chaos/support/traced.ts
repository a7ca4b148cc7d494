import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { BIN } from '../../process/support/command.ts'
import type { Running } from '../../process/support/running.ts'
import type { Stage } from '../../process/support/stage.ts'

/** Why nothing can be injected here, or undefined when it can. */
export const untraceable: string | undefined =
  spawnSync('strace', ['-qq', '-e', 'trace=none', 'true'], { timeout: 10_000 }).status === 0
    ? undefined
    : 'strace is not there, or may not trace'

/** The calls by which the database makes rows durable, and the ones that show what else a process did. */
const SYNC = 'fdatasync'
const WRITES = `${SYNC},fsync,write,writev,sendto,sendmsg,exit_group`

/**
 * Starts `haggle` under strace, which does something to its n-th `fdatasync`: the call by which LevelDB makes rows durable.
 * The calls are counted for each thread, so that the process gets a single one for its files.
 */
export function startTraced(
  stage: Stage,
  args: readonly string[],
  inject: string,
  trace: { readonly file: string; readonly writes: boolean },
): Running {
  const strace = ['strace', '-f', '-qq', '-ttt', '-yy', '-s', '0', '-o', trace.file]
  const calls = ['-e', `trace=${trace.writes ? WRITES : SYNC}`, '-e', `inject=${SYNC}:${inject}`]
  return stage.spawn('env', ['UV_THREADPOOL_SIZE=1', ...strace, ...calls, process.execPath, BIN, ...args])
}

/** Ends the process that holds an agent's directory: the tracer that is killed lets it run on. */
export async function killHolder(stage: Stage, name: string): Promise<void> {
  const text = await readFile(stage.path(`${name}/holder.json`), 'utf8').catch(() => '{}')
  const { pid } = JSON.parse(text) as { readonly pid?: number }
  if (pid === undefined) return
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  // The number may be another's by now.
  if (command.includes(BIN) && command.includes(name)) process.kill(pid, 'SIGKILL')
}

/** One traced call: when it began, in seconds, and its text. */
export interface Call {
  readonly at: number
  readonly text: string
}

export async function callsIn(file: string): Promise<readonly Call[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const match = /^\d+ +(\d+\.\d+) (.*)$/.exec(line)
    return match === null ? [] : [{ at: Number(match[1]), text: match[2] ?? '' }]
  })
}
