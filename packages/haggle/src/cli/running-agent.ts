import type { Agent } from '@haggle/node'
import { controlSocketPath, serveControl, takeHolder, type AgentDirectory } from '@haggle/node/system'
import type { Journal } from '@haggle/ports'
import { agentFromText, type AgentKey } from '@haggle/protocol'
import { settleNetwork } from '../network-setting.ts'
import { wireAgent } from '../wire-agent.ts'
import { AttachedCommands } from './attached-commands.ts'
import { commandReviewer } from './command-reviewer.ts'
import type { NetworkFlags } from './flags.ts'
import { quietLogger, stderrLogger } from './logger.ts'
import { UsageError } from './usage-error.ts'

/** Sockets may close slowly: a command leaves after this long whatever they do. */
const STOP_MS = 1_500

/** An agent that runs in this process and carries out attached commands. */
export interface RunningAgent {
  readonly agent: Agent
  readonly attached: AttachedCommands
  /** Gives running work back, leaves the network, then gives the directory free; bounded. */
  stop(reason: string): Promise<void>
}

export interface RunInit extends NetworkFlags {
  readonly allow?: readonly string[]
  readonly signal?: AbortSignal
}

/** Starts the agent of a directory whose journal this process has taken; on failure the journal is given back. */
export async function runAgent(
  directory: AgentDirectory,
  journal: Journal,
  name: string,
  init: RunInit,
): Promise<RunningAgent> {
  const undo: (() => Promise<void>)[] = [() => journal.close()]
  const unwind = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step().catch(() => undefined)
  }
  try {
    const started = deferred<Agent>()
    const attached = new AttachedCommands(started.promise)
    const network = await settleNetwork(directory, name, init.network)
    const socketPath = await controlSocketPath(directory.path)
    const server = await serveControl({ socketPath, onConnection: (channel) => attached.serve(channel) })
    undo.push(() => server.close())
    const hold = await takeHolder(directory.path, { socket: socketPath })
    undo.push(() => hold.release())
    const agent = await wireAgent(directory, journal, {
      name,
      network,
      mdns: init.mdns,
      reviewer: commandReviewer,
      logger: init.debug === true ? stderrLogger : quietLogger,
      ...(init.listen === undefined ? {} : { listen: init.listen }),
      ...(init.peer === undefined ? {} : { peers: init.peer }),
      ...(init.profile === undefined ? {} : { profile: init.profile }),
      ...(init.allow === undefined ? {} : { allow: init.allow.map(agentKeyOf) }),
    })
    started.resolve(agent)
    return {
      agent,
      attached,
      async stop(reason) {
        await bounded(agent.close({ reason }), STOP_MS)
        await bounded(unwind(), STOP_MS)
      },
    }
  } catch (error) {
    await unwind()
    throw error
  }
}

/** A PeerId as a flag names it. */
function agentKeyOf(text: string): AgentKey {
  const key = agentFromText(text)
  if (key === undefined)
    throw new UsageError(`--allow ${text} is no PeerId.`, 'Copy it from "haggle peers" or "haggle status".')
  return key
}

async function bounded(step: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  try {
    await Promise.race([step, limit])
  } finally {
    clearTimeout(timer)
  }
}

function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((resolved) => {
    resolve = resolved
  })
  return { promise, resolve: (value) => resolve(value) }
}
