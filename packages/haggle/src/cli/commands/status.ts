import { readHolder, openAgentDirectory } from '@haggle/node/system'
import { agentText, type JsonValue } from '@haggle/protocol'
import { agentExists, agentNames, agentPath, haggleHome } from '../../home.ts'
import { keptNetwork } from '../../network-setting.ts'
import { statusText } from '../../view/status-text.ts'
import { askRunning } from '../ask-running.ts'
import { exitCode } from '../exit-code.ts'
import type { AgentFlags } from '../flags.ts'
import { localSession } from '../local-session.ts'
import { writeJson } from '../session.ts'
import { UsageError } from '../usage-error.ts'

/** `haggle status`: one agent, or all of this machine. Running ones answer for themselves, the others by their files. */
export async function runStatus(flags: AgentFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  const home = haggleHome()
  const names = flags.as === undefined ? await agentNames(home) : [flags.as]
  if (flags.as !== undefined && !(await agentExists(agentPath(home, flags.as)))) {
    throw new UsageError(
      `there is no agent "${flags.as}" in ${home}.`,
      'See those that are there with "haggle status".',
    )
  }
  if (names.length === 0) session.note(`haggle: no agents in ${home}.`)
  let first = true
  for (const name of names) {
    const status = await statusOf(agentPath(home, name), name)
    if (flags.json === true) await writeJson(session, status)
    else await session.write(`${first ? '' : '\n'}${statusText(status)}\n`)
    first = false
  }
  return exitCode.ok
}

type Status = { readonly [field: string]: JsonValue }

async function statusOf(path: string, name: string): Promise<Status> {
  const holder = await readHolder(path)
  if (holder.kind === 'live') {
    const answer = await askRunning(holder.holder.socket, { name: 'status' })
    if (answer !== undefined) return { ...answer, pid: holder.holder.pid }
    return { ...(await idleStatus(path, name)), pid: holder.holder.pid, running: true, answering: false }
  }
  return idleStatus(path, name)
}

async function idleStatus(path: string, name: string): Promise<Status> {
  const directory = await openAgentDirectory(path)
  return {
    name,
    peerId: agentText(directory.key),
    network: (await keptNetwork(path)) ?? null,
    running: false,
    port: directory.config().port,
    directory: path,
  }
}
