import { setTimeout as pause } from 'node:timers/promises'
import { openAgentDirectory } from '@haggle/node/system'
import { HaggleError } from '@haggle/protocol'
import { checkNetwork, keptRoot } from '../genesis/genesis-setting.ts'
import { readGenesis } from '../genesis/genesis.ts'
import { agentExists, agentPath, haggleHome } from '../home.ts'
import { readSecret } from '../network-secret.ts'
import { DEFAULT_NETWORK, keptNetwork } from '../network-setting.ts'
import { attach } from './attach.ts'
import { carry } from './carry.ts'
import { carryReading, type ReadingRequest } from './commands/carry-reading.ts'
import { writeReady } from './commands/ready.ts'
import { exitCode } from './exit-code.ts'
import type { AgentFlags, NetworkFlags } from './flags.ts'
import { localSession } from './local-session.ts'
import { enter, PATIENCE_MS, type Place } from './place.ts'
import type { Call, Request } from './request.ts'
import { runAgent } from './running-agent.ts'
import { signalExitCode, type Session } from './session.ts'
import { readStore } from './store-reader.ts'

/** The agent of every command but `work`. */
export const DEFAULT_AGENT = 'me'

/** Carries a request out on an agent: on the one that runs, or by running it here until the request is done. */
export async function onAgent(
  flags: NetworkFlags,
  request: Request,
  init: { readonly listenMs?: number } = {},
): Promise<number> {
  const name = flags.as ?? DEFAULT_AGENT
  const session = localSession({ catchSignals: true })
  // Read before anything is attached to: a command that names a secret is not carried out without it.
  const secret = flags.secret === undefined ? undefined : await readSecret(flags.secret)
  const genesis = flags.genesis === undefined ? undefined : await readGenesis(flags.genesis)
  if (genesis !== undefined) checkNetwork(genesis, flags.network)
  const directory = await openAgentDirectory(agentPath(haggleHome(), name))
  const found = await attachOr(
    directory.path,
    directory.storePath,
    callOf(
      flags,
      { network: flags.network ?? genesis?.network, secret: secret?.mark, genesis: genesis?.mark },
      request,
      session,
    ),
    session,
    ownOnly(flags),
  )
  if (typeof found === 'number') return found
  const running = await runAgent(directory, found.journal, name, flags)
  try {
    if (running.metrics !== null) await writeReady(running, null, flags, session)
    if (init.listenMs !== undefined)
      await pause(init.listenMs, undefined, { signal: session.interrupted }).catch(() => undefined)
    // What was heard in a part of the time is no answer.
    if (init.listenMs !== undefined && session.interrupted.aborted) return signalExitCode(session.interrupted)
    const code = await carry(running.agent, request, flags.json === true, session)
    await seeOff(running.attached, session)
    return code
  } finally {
    await running.stop('done')
  }
}

/** Answers from an agent that runs, or from the store of one that does not. */
export async function onStore(
  flags: AgentFlags & { readonly genesis?: string },
  request: ReadingRequest,
): Promise<number> {
  const name = flags.as ?? DEFAULT_AGENT
  const session = localSession({ catchSignals: true })
  const given = flags.genesis === undefined ? undefined : await readGenesis(flags.genesis)
  const path = agentPath(haggleHome(), name)
  if (!(await agentExists(path))) return nothingThere(name, path, flags, request, session)
  const directory = await openAgentDirectory(path)
  const wanted = { network: given?.network, genesis: given?.mark }
  const found = await attachOr(path, directory.storePath, callOf(flags, wanted, request, session), session)
  if (typeof found === 'number') return found
  try {
    const network = (await keptNetwork(path)) ?? DEFAULT_NETWORK
    if (given !== undefined) checkNetwork(given, network)
    const root = given ?? (await keptRoot(path))
    const reader = await readStore(directory, found.journal, { name, network, anchors: root?.anchors ?? [] })
    return await carryReading(reader, request, flags.json === true, session)
  } finally {
    await found.journal.close()
  }
}

/** A flag that means nothing to the process that runs the agent already. */
function ownOnly({ metrics, flight }: NetworkFlags): string | undefined {
  if (metrics !== undefined) return '--metrics'
  return flight === undefined ? undefined : '--flight'
}

/** The exit code of a command that the running agent carried out, or the place to run it at. */
async function attachOr(
  path: string,
  storePath: string,
  call: Call,
  session: Session,
  own?: string,
): Promise<number | Extract<Place, { kind: 'free' }>> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const place = await enter(path, storePath, deadline)
    if (place.kind === 'free') return place
    if (own !== undefined)
      session.note(
        `haggle: agent process ${place.pid} carries this out; ${own} is for the process that runs the agent.`,
      )
    const code = await attach(place.channel, call, session, deadline)
    if (code !== undefined) return code
  }
}

function callOf(
  flags: AgentFlags,
  wanted: { readonly [fact in 'network' | 'secret' | 'genesis']?: string | undefined },
  request: Request,
  session: Session,
): Call {
  const { cwd, tty, color } = session
  return {
    request,
    json: flags.json === true,
    debug: flags.debug === true,
    network: wanted.network ?? null,
    secret: wanted.secret ?? null,
    genesis: wanted.genesis ?? null,
    session: { cwd, tty, color },
  }
}

/** Others count on this process as long as it carries their commands out; a second Ctrl-C leaves them. */
async function seeOff(
  attached: { readonly running: number; idle(signal: AbortSignal): Promise<void> },
  session: Session,
): Promise<void> {
  if (attached.running > 0 && session.tty.stderr) {
    session.note(
      `haggle: done; still carrying out ${attached.running} other command(s) of this agent. Ctrl-C ends them.`,
    )
  }
  await attached.idle(session.killed.aborted ? session.killed : session.interrupted)
}

function nothingThere(
  name: string,
  path: string,
  flags: AgentFlags,
  request: ReadingRequest,
  session: Session,
): number {
  if (flags.as === undefined && ['contracts', 'events', 'tax'].includes(request.name)) {
    session.note('haggle: no agent has been started yet.')
    return exitCode.ok
  }
  throw new HaggleError('agent/unknown', `there is no agent "${name}" (${path})`, {
    next: 'See the agents of this machine with "haggle status".',
  })
}
