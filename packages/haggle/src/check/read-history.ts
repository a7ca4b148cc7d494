import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentHistory, StoredRow } from '@haggle/checker'
import { openJournal } from '@haggle/journal'
import { openAgentDirectory } from '@haggle/node/system'
import type { Journal, JournalTable } from '@haggle/ports'
import { HaggleError, networkIdOf, protocolParams } from '@haggle/protocol'
import { agentExists, agentNames } from '../home.ts'
import { DEFAULT_NETWORK, keptNetwork } from '../network-setting.ts'

/** The directories of agents at a path: it is one itself, or holds some. Throws `check/no-agent` when it is neither. */
export async function agentDirectories(path: string): Promise<readonly string[]> {
  if (await agentExists(path)) return [path]
  const names = await agentNames(path)
  if (names.length > 0) return names.map((name) => join(path, name))
  throw new HaggleError('check/no-agent', `${path} is no directory of an agent, and holds none`, {
    next: 'Name the directory that has the files key and FORMAT in it, or the one that holds such directories.',
  })
}

/**
 * What the agent of a directory has written down. Nobody may hold the directory meanwhile, and nothing in it is changed but
 * what its database does by itself when it is opened.
 */
export async function readHistory(path: string): Promise<AgentHistory> {
  const directory = await openAgentDirectory(path)
  // Opening a journal would make one: an agent that never ran has written down nothing.
  // Whatever else keeps it from being seen is for the journal to say: what cannot be read is not clean.
  const ran = await lstat(directory.storePath).then(
    () => true,
    (error: unknown) => !isMissing(error),
  )
  const network = (await keptNetwork(path)) ?? DEFAULT_NETWORK
  const known = { directory: path, agent: directory.key, networkId: networkIdOf(network, protocolParams) }
  if (!ran) return { ...known, log: [], events: [] }
  try {
    const journal = await openJournal(directory.storePath)
    try {
      return { ...known, log: await rowsOf(journal, 'log'), events: await rowsOf(journal, 'events') }
    } finally {
      await journal.close()
    }
  } catch (error) {
    throw named(path, error)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

async function rowsOf(journal: Journal, table: JournalTable): Promise<readonly StoredRow[]> {
  const rows: StoredRow[] = []
  for await (const { seq, bytes } of journal.read(table)) rows.push({ seq, bytes })
  return rows
}

/** Of several directories people need to know which one it is. */
function named(path: string, error: unknown): unknown {
  if (!(error instanceof HaggleError)) return error
  if (error.code === 'journal/held') {
    return new HaggleError('check/held', `a process holds ${path}: its log is not finished`, {
      next: 'Stop the agent, or copy its directory while it does not run, and check again.',
      cause: error,
    })
  }
  return new HaggleError(error.code, `${path}: ${error.message}`, { next: error.next, cause: error })
}
