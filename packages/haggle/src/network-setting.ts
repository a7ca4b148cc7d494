import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentDirectory } from '@haggle/node/system'
import { HaggleError } from '@haggle/protocol'

export const DEFAULT_NETWORK = 'haggle'

/**
 * The network of an agent. A store belongs to one network, since its name is part of everything signed: the first start
 * chooses, and another choice later is refused.
 */
export async function settleNetwork(
  directory: AgentDirectory,
  name: string,
  wanted: string | undefined,
): Promise<string> {
  const kept = await keptNetwork(directory.path)
  if (kept === undefined) {
    const network = wanted ?? DEFAULT_NETWORK
    const change = { port: directory.config().port, network }
    await directory.saveConfig(change)
    return network
  }
  if (wanted !== undefined && wanted !== kept) {
    throw new HaggleError('config/network', `agent ${name} belongs to network ${kept}, not to ${wanted}`, {
      next: 'Use another agent for that network: --as NAME.',
    })
  }
  return kept
}

/** The network that an agent's `config.json` names, or undefined before its first start. */
export async function keptNetwork(path: string): Promise<string | undefined> {
  const text = await readFile(join(path, 'config.json'), 'utf8').catch(() => '{}')
  // The directory was opened before, which refuses a file that is not a JSON object.
  const config = JSON.parse(text) as { readonly network?: unknown }
  return typeof config.network === 'string' ? config.network : undefined
}
