import { openJournal } from '@haggle/journal'
import type { Agent, AgentComponents, Credits, ProfileName } from '@haggle/node'
import { openAgentDirectory } from '@haggle/node/system'
import type { AgentKey } from '@haggle/protocol'
import { agentPath, haggleHome } from './home.ts'
import { genesisFromObject, readGenesis, type Genesis, type TrustRoot } from './genesis/genesis.ts'
import { settleRoot } from './genesis/genesis-setting.ts'
import { holdDirectory } from './hold-directory.ts'
import { secretFromText } from './network-secret.ts'
import { wireAgent, type NetworkInit } from './wire-agent.ts'

/** What an agent is made from; everything but the name has a default. */
export interface CreateAgentInit extends NetworkInit {
  /** `[a-z0-9][a-z0-9._-]{0,62}`: names the agent's directory, hence its key. */
  readonly name: string
  /** Only agents of one network meet; default `haggle`. */
  readonly network?: string
  /** The text of a secret, as `haggle network secret` prints it: then only agents that hold it meet. */
  readonly secret?: string
  /** The trust root of the network, or the file that it stands in; kept until another is given. Default: the one that was kept, or none. */
  readonly genesis?: Genesis | string
  /** Where directories of agents are kept; default `$HAGGLE_HOME` or `~/.haggle`. */
  readonly home?: string
  readonly profile?: ProfileName
  /** Whose tasks the agent works on; default anybody's. */
  readonly allow?: readonly AgentKey[]
  /** Whether it sits on panels for others, within a quota, as `haggle up` and `work` do; default false. */
  readonly witness?: boolean
  /** The most that the agent puts at risk in one contract that it works on; default what the network's limits allow. */
  readonly maxStake?: Credits
  /** The fewest witnesses on the panel of a contract that it works on, 0 to 10; default 0. */
  readonly minPanel?: number
  /** The least quality of a requester whose tasks it works on, permille; a stranger has 300. Default 0. */
  readonly minQuality?: number
  /** Closes the agent when it aborts. */
  readonly signal?: AbortSignal
  /** Replaces parts: a network of your own, a journal in memory, another clock. */
  readonly components?: Partial<AgentComponents>
}

/**
 * Starts an agent with libp2p, the store and the system's clock wired. It has started when this resolves, and holds its
 * directory until it is closed; another process that wants it gets `journal/held`, and commands such as `haggle contracts`
 * are carried out by this one.
 *
 * @example
 * const agent = await createAgent({ name: 'ada', network: 'lab' })
 * const job = await agent.hire('shout', 'hello', { deadline: '10s' })
 * console.log(await (await job.settled()).text())
 * await agent.close()
 */
export async function createAgent(init: CreateAgentInit): Promise<Agent> {
  const secret = init.secret === undefined ? undefined : secretFromText(init.secret, 'the secret of createAgent')
  const given = init.genesis === undefined ? undefined : await rootOf(init.genesis)
  const directory = await openAgentDirectory(agentPath(init.home ?? haggleHome(), init.name))
  let journal = init.components?.journal ?? (await openJournal(directory.storePath))
  try {
    const { network, root } = await settleRoot(directory, init.name, init.network, given)
    const { AttachedCommands } = await import('./cli/attached-commands.ts')
    let started: (agent: Agent) => void = () => undefined
    const attached = new AttachedCommands(new Promise((resolve) => (started = resolve)), {
      secret: secret?.mark ?? null,
      genesis: root?.mark ?? null,
    })
    // A journal of one's own guards no directory, so there is nothing to attach to.
    if (init.components?.journal === undefined) {
      journal = await holdDirectory(directory, journal, (channel) => attached.serve(channel))
    }
    const { secret: _, genesis: __, ...rest } = init
    const hidden = secret === undefined ? {} : { secret: secret.bytes }
    const agent = await wireAgent(directory, journal, { ...rest, ...hidden, network, anchors: root?.anchors ?? [] })
    started(agent)
    return agent
  } catch (error) {
    await journal.close()
    throw error
  }
}

async function rootOf(genesis: Genesis | string): Promise<TrustRoot> {
  return typeof genesis === 'string' ? readGenesis(genesis) : genesisFromObject(genesis, 'the genesis of createAgent')
}
