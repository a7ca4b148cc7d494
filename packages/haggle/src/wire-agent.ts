import { createEngine } from '@haggle/core'
import { libp2pNetwork } from '@haggle/libp2p'
import { startAgent, taxCounter, type Agent, type AgentComponents, type AgentInit } from '@haggle/node'
import { ed25519Signer, ed25519Verify, resultCheck } from '@haggle/node/pure'
import { blobFiles, systemClock, systemCpu, systemEntropy, tieredBlobs, type AgentDirectory } from '@haggle/node/system'
import type { Journal, Logger, Network } from '@haggle/ports'
import { HaggleError, networkIdOf, protocolParams } from '@haggle/protocol'
import { VERSION } from './version.ts'

/** How an agent finds others and is found. */
export interface NetworkInit {
  /** Multiaddrs to listen at; default: the kept port on every interface. */
  readonly listen?: readonly string[]
  /** Multiaddrs of peers to connect to. */
  readonly peers?: readonly string[]
  /** Whether to look for peers by multicast; default true. */
  readonly mdns?: boolean
}

/** What an agent is started with, its directory taken and its network settled. */
export interface WireInit extends NetworkInit, Omit<AgentInit, 'network' | 'onHalt' | 'snapshotEvery'> {
  readonly network: string
  readonly secret?: Uint8Array
  readonly logger?: Logger
  readonly components?: Partial<AgentComponents>
}

/** Starts an agent on the real parts: libp2p, the journal, files, the system's clock. */
export async function wireAgent(directory: AgentDirectory, journal: Journal, init: WireInit): Promise<Agent> {
  const given = init.components ?? {}
  const network = given.network ?? realNetwork(directory, init)
  const components: AgentComponents = {
    createEngine,
    blobs: given.blobs ?? tieredBlobs(journal, await blobFiles(directory.blobsPath)),
    clock: systemClock(),
    entropy: systemEntropy(),
    signer: ed25519Signer(directory.seed),
    verify: ed25519Verify,
    resultCheck,
    logger: init.logger ?? silent,
    metrics: taxCounter({ cpu: systemCpu() }),
    ...given,
    journal,
    network,
  }
  const agent = await startAgent(components, init).catch((error: unknown) => {
    throw explained(error, directory, init)
  })
  if (given.network === undefined && init.listen === undefined) await keepPort(directory, agent)
  return agent
}

function realNetwork(directory: AgentDirectory, init: WireInit): Network {
  const networkId = networkIdOf(init.network, protocolParams)
  return libp2pNetwork({
    privateKeySeed: directory.seed,
    networkName: init.network,
    hello: () => ({
      network: init.network,
      networkId,
      params: protocolParams,
      version: VERSION,
      time: Date.now(),
    }),
    listen: init.listen ?? [`/ip4/0.0.0.0/tcp/${directory.config().port ?? 0}`],
    bootstrap: init.peers ?? [],
    mdns: init.mdns ?? true,
    ...(init.secret === undefined ? {} : { secret: init.secret }),
    logger: init.logger ?? silent,
  })
}

/** The port is chosen once: others may have written this agent's address down. */
async function keepPort(directory: AgentDirectory, agent: Agent): Promise<void> {
  if (directory.config().port !== null) return
  const port = agent.addresses().flatMap((address) => /\/tcp\/(\d+)/.exec(address)?.[1] ?? [])[0]
  if (port !== undefined) await directory.saveConfig({ port: Number(port) })
}

/** A port that was kept and is taken by another process now has its own way out. */
function explained(error: unknown, directory: AgentDirectory, init: WireInit): unknown {
  const { port } = directory.config()
  const kept = init.listen === undefined && port !== null
  if (!kept || !(error instanceof HaggleError) || error.code !== 'net/listen-failed') return error
  return new HaggleError('listen/taken', `port ${port} of agent ${init.name} cannot be listened on`, {
    next: `Stop the process that has it, use --listen MULTIADDR, or remove "port" from ${directory.path}/config.json to choose anew.`,
    cause: error,
  })
}

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
