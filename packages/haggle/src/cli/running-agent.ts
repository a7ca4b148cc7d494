import { taxCounter, type Agent } from '@haggle/node'
import { blobFiles, systemCpu, tieredBlobs, type AgentDirectory } from '@haggle/node/system'
import type { Blobs, Journal } from '@haggle/ports'
import { readGenesis } from '../genesis/genesis.ts'
import { settleRoot } from '../genesis/genesis-setting.ts'
import { holdDirectory } from '../hold-directory.ts'
import { readSecret } from '../network-secret.ts'
import { wireAgent, type WireInit } from '../wire-agent.ts'
import { recordedFlight } from '../flight/recorded-flight.ts'
import type { Watched } from '../metrics/watched.ts'
import { AttachedCommands } from './attached-commands.ts'
import { commandReviewer } from './command-reviewer.ts'
import type { NetworkFlags } from './flags.ts'
import { quietLogger, stderrLogger } from './logger.ts'

/** Sockets may close slowly: a command leaves after this long whatever they do. */
const STOP_MS = 1_500

/** An agent that runs in this process and carries out attached commands. */
export interface RunningAgent {
  readonly agent: Agent
  readonly attached: AttachedCommands
  readonly blobs: Blobs
  /** Where its numbers are served, if anywhere. */
  readonly metrics: string | null
  /** Gives running work back, leaves the network, then gives the directory free; bounded. */
  stop(reason: string): Promise<void>
}

/** What the agent does for others: for whom it works, under which terms, and whether it witnesses. */
export type Service = Pick<WireInit, 'allow' | 'maxStake' | 'minPanel' | 'minQuality' | 'witness'>

/** Starts the agent of a directory whose journal this process has taken; on failure the journal is given back. */
export async function runAgent(
  directory: AgentDirectory,
  journal: Journal,
  name: string,
  init: NetworkFlags,
  service: Service = {},
): Promise<RunningAgent> {
  const starting = deferred<Agent>()
  let held = journal
  let watch: Watched | undefined
  const flight = init.flight === undefined ? undefined : recordedFlight(init.flight, init.flightMax)
  try {
    const secret = init.secret === undefined ? undefined : await readSecret(init.secret)
    const given = init.genesis === undefined ? undefined : await readGenesis(init.genesis)
    const { network, root } = await settleRoot(directory, name, init.network, given)
    const marks = { secret: secret?.mark ?? null, genesis: root?.mark ?? null }
    const attached = new AttachedCommands(starting.promise, marks)
    held = await holdDirectory(directory, journal, (channel) => attached.serve(channel))
    const store = tieredBlobs(held, await blobFiles(directory.blobsPath))
    const tax = taxCounter({ cpu: systemCpu() })
    if (init.metrics !== undefined)
      watch = await (await import('../metrics/watched.ts')).watched(init.metrics, { tax, blobs: store, journal: held })
    const blobs = watch?.blobs ?? store
    const agent = await wireAgent(directory, held, {
      name,
      network,
      components: { blobs, metrics: tax, ...(flight === undefined ? {} : { createEngine: flight.createEngine }) },
      mdns: init.mdns,
      anchors: root?.anchors ?? [],
      ...service,
      // The process that runs the agent runs its checks: it is the one to say that one cannot be run.
      reviewer: commandReviewer((text) => void process.stderr.write(`${text}\n`)),
      logger: init.debug === true ? stderrLogger : quietLogger,
      ...(init.listen === undefined ? {} : { listen: init.listen }),
      ...(init.peer === undefined ? {} : { peers: init.peer }),
      ...(secret === undefined ? {} : { secret: secret.bytes }),
      ...(init.profile === undefined ? {} : { profile: init.profile }),
    })
    starting.resolve(agent)
    watch?.started(agent)
    void agent.closed.then(() => flight?.close())
    const stop = async (reason: string): Promise<void> => {
      await Promise.all([bounded(agent.close({ reason }), STOP_MS), watch?.close()])
    }
    return { agent, attached, blobs, metrics: watch?.url ?? null, stop }
  } catch (error) {
    starting.reject(error)
    flight?.close()
    await watch?.close()
    await held.close()
    throw error
  }
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

interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  // Nobody may be attached to hear of a failed start.
  promise.catch(() => undefined)
  return { promise, resolve: (value) => resolve(value), reject: (error) => reject(error) }
}
