import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentDirectory } from '@haggle/node/system'
import { agentText, HaggleError } from '@haggle/protocol'
import { settleNetwork } from '../network-setting.ts'
import { genesisFromObject, type TrustRoot } from './genesis.ts'

/** What an agent belongs to and whom it trusts there. */
export interface SettledNetwork {
  readonly network: string
  /** Undefined: nobody but itself. */
  readonly root: TrustRoot | undefined
}

/**
 * The network of an agent and its trust root. A root is kept until another is given, so that an agent that is started again counts
 * as it did before; it is a choice of the agent, unlike the network's name, which is part of everything that it has signed.
 */
export async function settleRoot(
  directory: AgentDirectory,
  name: string,
  wanted: string | undefined,
  given: TrustRoot | undefined,
): Promise<SettledNetwork> {
  if (given !== undefined) checkNetwork(given, wanted)
  const network = await settleNetwork(directory, name, wanted ?? given?.network)
  const kept = await keptRoot(directory.path)
  if (given !== undefined && given.mark !== kept?.mark) {
    // Whatever else stands in the settings stays.
    const { anchors } = given
    const change = { port: directory.config().port, genesis: { haggle: 1, network, anchors: anchors.map(agentText) } }
    await directory.saveConfig(change)
  }
  return { network, root: given ?? kept }
}

/** The trust root that an agent's `config.json` holds, or undefined; throws `dir/config-corrupt`. */
export async function keptRoot(path: string): Promise<TrustRoot | undefined> {
  const file = join(path, 'config.json')
  const text = await readFile(file, 'utf8').catch(() => '{}')
  // The directory was opened before, which refuses a file that is not a JSON object.
  const { genesis } = JSON.parse(text) as { readonly genesis?: unknown }
  if (genesis === undefined) return undefined
  try {
    return genesisFromObject(genesis, 'its genesis')
  } catch (cause) {
    const why = cause instanceof HaggleError ? cause.message : String(cause)
    throw new HaggleError('dir/config-corrupt', `${file} is damaged: ${why}`, {
      next: 'Remove "genesis" from it, then start the agent with --genesis FILE again.',
      cause,
    })
  }
}

/** Whether a command that names a genesis may be carried out by an agent that runs with this one; throws `config/genesis-other`. */
export function checkRoot(name: string, running: string | null, asked: string | null): void {
  if (asked === null || asked === running) return
  const what = running === null ? 'without a genesis' : 'with another genesis'
  throw new HaggleError('config/genesis-other', `agent ${name} runs ${what}`, {
    next: 'Leave --genesis out to use the agent that runs, stop it first, or use another agent with --as NAME.',
  })
}

/** Throws `config/genesis` for a root of another network than the one that was named beside it. */
export function checkNetwork(root: TrustRoot, network: string | undefined): void {
  if (network === undefined || network === root.network) return
  throw new HaggleError('config/genesis', `the genesis is that of network ${root.network}, not of ${network}`, {
    next: 'Leave --network out, or give the genesis file of that network.',
  })
}
