import { readHolder, openAgentDirectory } from '@haggle/node/system'
import { agentText, HaggleError, type JsonValue } from '@haggle/protocol'
import { keptRoot } from '../../genesis/genesis-setting.ts'
import { readGenesis, type TrustRoot } from '../../genesis/genesis.ts'
import { agentExists, agentNames, agentPath, haggleHome } from '../../home.ts'
import { keptNetwork } from '../../network-setting.ts'
import { statusText } from '../../view/status-text.ts'
import type { StatusFlags } from '../command-flags.ts'
import { askRunning } from '../ask-running.ts'
import { exitCode } from '../exit-code.ts'
import { renderError } from '../render-error.ts'
import { localSession } from '../local-session.ts'
import { writeJson } from '../session.ts'

/** `haggle status`: one agent, or all of this machine. Running ones answer for themselves, the others by their files. */
export async function runStatus(flags: StatusFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  const home = haggleHome()
  const genesis = flags.genesis === undefined ? undefined : await readGenesis(flags.genesis)
  const names = flags.as === undefined ? await agentNames(home) : [flags.as]
  if (flags.as !== undefined && !(await agentExists(agentPath(home, flags.as)))) {
    throw new HaggleError('agent/unknown', `there is no agent "${flags.as}" in ${home}`, {
      next: 'See those that are there with "haggle status".',
    })
  }
  if (names.length === 0) session.note(`haggle: no agents in ${home}.`)
  let first = true
  let code: number = exitCode.ok
  for (const name of names) {
    const status = await statusOf(agentPath(home, name), name, genesis).catch((error: unknown) => {
      if (flags.as !== undefined) throw error
      // One damaged agent hides no other; the exit code tells of it.
      const rendered = renderError(error, flags.debug === true)
      session.note(rendered.text.trimEnd())
      code = rendered.code
    })
    if (status === undefined) continue
    if (flags.json === true) await writeJson(session, status)
    else await session.write(`${first ? '' : '\n'}${statusText(status)}\n`)
    first = false
  }
  return code
}

type Status = { readonly [field: string]: JsonValue }

async function statusOf(path: string, name: string, genesis: TrustRoot | undefined): Promise<Status> {
  const status = await anyStatus(path, name)
  // An agent keeps the genesis that it was started with before it runs on it.
  return genesis === undefined ? status : { ...status, trustsGenesis: (await keptRoot(path))?.mark === genesis.mark }
}

async function anyStatus(path: string, name: string): Promise<Status> {
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
    anchors: (await keptRoot(path))?.anchors.length ?? 0,
    running: false,
    port: directory.config().port,
    directory: path,
  }
}
