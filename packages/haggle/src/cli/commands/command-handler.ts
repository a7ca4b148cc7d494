import { rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TaskFailed, type Task, type TaskHandler } from '@haggle/node'
import { killLeftBehind, runCommand, type ChildRecord } from '@haggle/node/system'
import type { Blobs } from '@haggle/ports'
import { agentText, recordText } from '@haggle/protocol'
import { printable } from '../../view/event-view.ts'

export interface CommandHandlerInit {
  readonly file: string
  readonly args: readonly string[]
  /** Where running commands are written down, so that the next process of this agent can end what is left of them. */
  readonly workPath: string
  readonly cwd: string | undefined
  readonly maxResult: number
  readonly blobs: Blobs
  /** Takes what the command says on stderr, line by line. */
  readonly log: (line: string) => void
}

/** Serves tasks with a command; kills first what an earlier process of this agent left running. */
export async function commandHandler(init: CommandHandlerInit): Promise<TaskHandler> {
  await killLeftovers(init.workPath)
  return (task) => runTask(init, task)
}

async function runTask(init: CommandHandlerInit, task: Task): Promise<AsyncIterable<Uint8Array>> {
  const recordPath = join(init.workPath, `${recordText(task.contract)}.json`)
  try {
    const outcome = await runCommand({
      command: init.file,
      args: init.args,
      input: task.stream(),
      blobs: init.blobs,
      maxOutputBytes: init.maxResult,
      // The contract's own clock is the limit of the run.
      timeoutMs: Math.max(task.remaining(), 1),
      signal: task.signal,
      env: {
        HAGGLE_TASK: recordText(task.id),
        HAGGLE_SKILL: task.skill,
        HAGGLE_DEADLINE: new Date(task.deadline).toISOString(),
        HAGGLE_REQUESTER: agentText(task.requester),
      },
      onStderr: (line) => init.log(printable(line)),
      // Both at once: a thread that wrote this line would cost several turns of the event loop while the command waits.
      onSpawn: (record) => writeFileSync(recordPath, JSON.stringify(record), { mode: 0o600 }),
      ...(init.cwd === undefined ? {} : { cwd: init.cwd }),
    })
    switch (outcome.kind) {
      case 'delivered':
        return init.blobs.read(outcome.result.hash)
      case 'stopped':
        throw task.signal.reason
      case 'failed':
        throw failure(outcome)
    }
  } finally {
    rmSync(recordPath, { force: true })
  }
}

/** What a requester is told: how the command ended, and nothing that it said. */
function failure(outcome: {
  readonly code: string
  readonly exit: number | null
  readonly signal: string | null
}): TaskFailed {
  if (outcome.code === 'work/exit' && outcome.exit !== null) {
    return new TaskFailed(`exit-${outcome.exit}`, `the command ended with exit code ${outcome.exit}`)
  }
  if (outcome.code === 'work/signal')
    return new TaskFailed(`signal-${outcome.signal ?? 'unknown'}`, 'the command was ended by a signal')
  return new TaskFailed(outcome.code.replace('work/', ''), TEXTS[outcome.code] ?? 'the command was ended')
}

const TEXTS: Readonly<Record<string, string>> = {
  'work/result-too-large': 'the result is larger than this worker delivers',
  'work/timed-out': 'the command did not end in time',
  'work/output-held-open': 'the command left a process behind that kept its output open',
}

/** A `kill -9` of the worker leaves its commands running: nobody waits for them any more. */
async function killLeftovers(workPath: string): Promise<void> {
  for (const name of await readdir(workPath)) {
    const path = join(workPath, name)
    const record = childOf(await readFile(path, 'utf8'))
    if (record !== undefined) await killLeftBehind(record)
    await rm(path, { force: true })
  }
}

/** Half-written, it names nobody. */
function childOf(text: string): ChildRecord | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value)) return undefined
    const { pid, started } = value
    const directory = 'directory' in value && typeof value.directory === 'string' ? value.directory : null
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started, directory } : undefined
  } catch {
    return undefined
  }
}
