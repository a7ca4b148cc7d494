import { openJournal } from '@haggle/journal'
import { readHolder, type AgentDirectory, type HolderInfo } from '@haggle/node/system'
import { HaggleError, type JsonValue } from '@haggle/protocol'
import { stat } from 'node:fs/promises'
import { askRunning } from '../cli/ask-running.ts'
import { ok, toMend, warning, type Check } from './check.ts'

/** Who holds an agent's directory, as far as it answers. */
export interface ExaminedHolder {
  readonly check: Check
  /** A process that lives and says that it holds the directory. */
  readonly holder: HolderInfo | undefined
  /** What it said of itself. */
  readonly status: { readonly [field: string]: JsonValue } | undefined
}

export async function examineHolder(path: string): Promise<ExaminedHolder> {
  const state = await readHolder(path).catch(() => ({ kind: 'none' as const }))
  if (state.kind === 'none')
    return { check: ok('lock', 'nobody holds the directory'), holder: undefined, status: undefined }
  if (state.kind === 'stale') {
    const check = warning(
      'lock',
      'the process that held the directory is dead and left its holder.json behind',
      'Nothing to do: the next start of the agent takes it over.',
    )
    return { check, holder: undefined, status: undefined }
  }
  const { holder } = state
  const status = await askRunning(holder.socket, { name: 'status' })
  if (status !== undefined)
    return { check: ok('lock', `held by the running agent, process ${holder.pid}`), holder, status }
  const check = toMend(
    'lock',
    `process ${holder.pid} holds the directory and does not answer`,
    `End it: kill ${holder.pid}, and kill -9 ${holder.pid} if it stays; then start the agent again.`,
  )
  return { check, holder, status }
}

/** Reads the whole log of an agent that does not run; one that runs has read it. */
export async function checkStore(directory: AgentDirectory | undefined, held: ExaminedHolder): Promise<Check> {
  if (held.status !== undefined) return ok('store', 'in use by the running agent')
  if (held.holder !== undefined) return warning('store', 'not looked at: its holder does not answer', null)
  if (directory === undefined) return ok('store', 'none to look at yet')
  const isMade = await stat(directory.storePath).then(
    () => true,
    () => false,
  )
  if (!isMade) return ok('store', 'none yet: the first start makes one')
  try {
    const journal = await openJournal(directory.storePath)
    try {
      let rows = 0
      for await (const row of journal.read('log')) rows = row.seq
      return ok('store', `readable, ${rows} entries`)
    } finally {
      await journal.close()
    }
  } catch (error) {
    return storeTrouble(error, directory.storePath)
  }
}

function storeTrouble(error: unknown, path: string): Check {
  if (!(error instanceof HaggleError))
    return toMend('store', String(error), 'Run the command again with --debug and report what it prints.')
  if (error.code === 'journal/held') {
    return warning(
      'store',
      'another process has it open',
      `See which: fuser -v ${path}/LOCK; a command that reads leaves by itself.`,
    )
  }
  return toMend('store', `${error.message} (${error.code})`, error.next)
}
