import { join } from 'node:path'
import type { ProfileName } from '@haggle/node'
import { askLines } from '../cli/ask-running.ts'
import { agentPath } from '../home.ts'
import { DEFAULT_NETWORK, keptNetwork } from '../network-setting.ts'
import { toMend, warning, type Check } from './check.ts'
import { checkClock, checkPeers, type PeerSeen } from './clock-check.ts'
import { examineDirectory } from './directory-checks.ts'
import { checkGenesis } from './genesis-check.ts'
import { checkMulticast } from './multicast-check.ts'
import { checkPort } from './port-check.ts'
import { checkFiles, checkNode } from './process-checks.ts'
import { examineSecret } from './secret-check.ts'
import { checkStore, examineHolder, type ExaminedHolder } from './store-checks.ts'

/** How long an agent that does not run is looked for peers in its place. */
const LISTEN_MS = 2_500

export interface Examination {
  readonly home: string
  readonly name: string
  readonly network: string | undefined
  /** The file of a private network's secret. */
  readonly secret: string | undefined
  /** The genesis file that the agent is to trust. */
  readonly genesis: string | undefined
  readonly listen: readonly string[] | undefined
  readonly peers: readonly string[]
  readonly mdns: boolean
  readonly profile: ProfileName
}

/** Looks at everything an agent needs, the cheap before the slow. Nothing is changed, and nothing is made. */
export async function* examine(init: Examination): AsyncGenerator<Check, void, undefined> {
  const path = agentPath(init.home, init.name)
  const held = await examineHolder(path)
  yield checkNode(process.versions.node)
  yield await checkFiles(held.holder?.pid)
  const { checks, directory } = await examineDirectory(path)
  yield* checks
  yield held.check
  yield checks.some(({ state }) => state === 'mend') && held.status === undefined
    ? warning('store', 'not looked at before the above is mended', null)
    : await checkStore(directory, held)
  yield await checkPort({
    kept: directory?.config().port ?? null,
    listen: init.listen,
    addresses: held.status?.['addresses'],
    configPath: join(path, 'config.json'),
  })
  if (init.mdns) yield await checkMulticast()
  const network = init.network ?? (await keptNetwork(path).catch(() => undefined)) ?? DEFAULT_NETWORK
  yield await checkGenesis(init.genesis, { path, network }, held)
  const examined = init.secret === undefined ? undefined : await examineSecret(init.secret, held)
  if (examined !== undefined) yield examined.check
  if (examined?.check.state === 'mend') {
    yield warning('peers', 'nobody is looked for before the secret is mended', null)
    return
  }
  const peers = await peersOf(held, init, network, examined?.secret?.bytes).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  )
  if (peers instanceof Error) {
    yield toMend(
      'peers',
      `nobody can be looked for: ${peers.message}`,
      'Mend what stands above first, then run haggle doctor again.',
    )
    return
  }
  yield checkPeers(peers, network)
  yield checkClock(peers, init.profile)
}

/** The peers of the running agent, or whoever answers in its place. */
async function peersOf(
  held: ExaminedHolder,
  init: Examination,
  network: string,
  secret: Uint8Array | undefined,
): Promise<readonly PeerSeen[]> {
  if (held.holder !== undefined) {
    const lines = (await askLines(held.holder.socket, { name: 'peers' })) ?? []
    return lines.flatMap(({ peer, clockSkewMs, rttMs }) =>
      typeof peer === 'string' && typeof clockSkewMs === 'number' && typeof rttMs === 'number'
        ? [{ peerId: peer, clockSkewMs, rttMs }]
        : [],
    )
  }
  const { meetPeers } = await import('./meet-peers.ts')
  return meetPeers({ network, secret, peers: init.peers, mdns: init.mdns, forMs: LISTEN_MS })
}
