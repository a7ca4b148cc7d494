import { libp2pNetwork } from '@haggle/libp2p'
import { systemEntropy } from '@haggle/node/system'
import { agentText, networkIdOf, protocolParams } from '@haggle/protocol'
import { VERSION } from '../version.ts'
import type { PeerSeen } from './clock-check.ts'
import { quietLogger } from '../cli/logger.ts'

/** As many as can outvote this machine's clock. */
const ENOUGH = 3

/**
 * Joins a network for a moment under a key that nobody knows, to see who is there and what their clocks say. It takes part
 * in nothing, so that an agent that is not running is not woken up for it.
 */
export async function meetPeers(init: {
  readonly network: string
  readonly secret: Uint8Array | undefined
  readonly peers: readonly string[]
  readonly mdns: boolean
  readonly forMs: number
}): Promise<readonly PeerSeen[]> {
  const seen: PeerSeen[] = []
  let enough = (): void => undefined
  const met = new Promise<void>((resolve) => (enough = resolve))
  const network = libp2pNetwork({
    privateKeySeed: Uint8Array.from(systemEntropy().bytes(32)),
    networkName: init.network,
    ...(init.secret === undefined ? {} : { secret: init.secret }),
    hello: () => ({
      network: init.network,
      networkId: networkIdOf(init.network, protocolParams),
      params: protocolParams,
      version: VERSION,
      time: Date.now(),
    }),
    listen: init.mdns ? ['/ip4/0.0.0.0/tcp/0'] : [],
    bootstrap: init.peers,
    mdns: init.mdns,
    logger: quietLogger,
  })
  let timer: NodeJS.Timeout | undefined
  try {
    await network.start({
      gossip: () => 'ignore',
      frame: () => undefined,
      blob: async () => undefined,
      peerUp: ({ key, clockSkewMs, rttMs }) => {
        seen.push({ peerId: agentText(key), clockSkewMs, rttMs })
        if (seen.length >= ENOUGH) enough()
      },
      peerDown: () => undefined,
      mismatch: () => undefined,
    })
    await Promise.race([met, new Promise((resolve) => (timer = setTimeout(resolve, init.forMs)))])
  } finally {
    clearTimeout(timer)
    await network.stop()
  }
  return seen
}
