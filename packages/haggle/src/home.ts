import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where the agents of this user live: `$HAGGLE_HOME`, or `~/.haggle`. */
export function haggleHome(env: NodeJS.ProcessEnv = process.env): string {
  const home = env['HAGGLE_HOME'] ?? ''
  return home === '' ? join(homedir(), '.haggle') : resolve(home)
}

/** The directory of one agent. */
export function agentPath(home: string, name: string): string {
  return join(home, name)
}

/** Whether an agent of this name was ever started. */
export async function agentExists(path: string): Promise<boolean> {
  return isThere(join(path, 'key'))
}

/** Names of all agents of this user, sorted. */
export async function agentNames(home: string): Promise<readonly string[]> {
  const names = await readdir(home).catch(() => [])
  const known = await Promise.all(names.map((name) => agentExists(agentPath(home, name))))
  return names.filter((_, index) => known[index] === true).toSorted()
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
