import { performance } from 'node:perf_hooks'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, PeerId, PeerInfo } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { ipOf, worthAnnouncing } from './addresses.ts'
import type { OwnInterfaces } from './addresses.ts'
import { gossipService } from './gossip.ts'
import { handshakeGuard } from './handshake-guard.ts'
import { lanDiscovery } from './lan-discovery.ts'
import type { Misuse } from './misuse.ts'
import { keyOfPeer } from './peer-key.ts'
import { quietNoise } from './quiet-frames.ts'
import { quietYamux } from './quiet-windows.ts'
import type { SocketMeter } from './socket-meter.ts'
import { timings } from './timings.ts'

/** A libp2p node with what Haggle needs of it. */
export type Host = Libp2p<{ pubsub: GossipSub }>

/** What libp2p says of a dial when a socket is open: the keys are to be agreed on. */
export const ANSWERED = 'upgrader:encrypt-outbound-connection'

export interface HostInit {
  readonly privateKeySeed: Uint8Array
  readonly listen: readonly string[]
  readonly mdns: boolean
  readonly networkName: string
  readonly version: string
  readonly maxPeers: number
  readonly secret?: Uint8Array | undefined
  readonly subscribed: ReadonlySet<string>
  readonly own: OwnInterfaces
  readonly meter: SocketMeter
  readonly misuse: Misuse
  /** Called with everybody who answers on the LAN, again and again. */
  discovered(peer: PeerInfo): void
  /** Called instead when somebody says what it has said before; false: it is to be read again. */
  spokeAgain(peer: PeerId): boolean
  peerCount(): number
}

/** NET-03: TCP, noise, yamux, identify, ping, gossipsub. Not started yet. */
export async function createHost(init: HostInit): Promise<Host> {
  const privateKey = await generateKeyPairFromSeed('Ed25519', init.privateKeySeed)
  return createLibp2p({
    start: false,
    privateKey,
    nodeInfo: { name: 'haggle', version: init.version },
    addresses: {
      listen: [...init.listen],
      announceFilter: (addresses) => worthAnnouncing(addresses, init.own, init.listen),
    },
    transports: [tcp()],
    ...(init.secret === undefined ? {} : { connectionProtector: preSharedKey({ psk: swarmKey(init.secret) }) }),
    connectionEncrypters: [quietNoise()],
    // The window stays below the 4 MiB at which a stream that is not read is aborted.
    streamMuxers: [
      quietYamux({
        streamOptions: { maxStreamWindowSize: 1_048_576 },
        // NET-30 looks after connections: pings of the muxer as well would wake both ends for nothing.
        enableKeepAlive: false,
      }),
    ],
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: gossipService(init.subscribed),
      ...(init.mdns ? { lan: lanDiscovery(init) } : {}),
    },
    connectionGater: gater(init.meter, init.misuse),
    connectionManager: {
      // NET-05: room for two connections per peer, which a dial from both sides at once makes.
      maxConnections: init.maxPeers * 2 + 16,
      // NET-05: many agents of one machine come from one address; the defaults refuse the sixth.
      inboundConnectionThreshold: 1_024,
      // NET-45: sockets that say nothing stand here until their handshake is too late; hundreds of them must leave room for others.
      maxIncomingPendingConnections: 1_024,
      inboundUpgradeTimeout: timings.upgradeMs,
      dialTimeout: timings.dialMs,
      addressDialTimeout: timings.dialAddressMs,
      // Our own order of addresses stands.
      addressSorter: () => 0,
    },
    // NET-05: one late ping of a busy machine must not cut its connections, and NET-30 looks after them for less than a stream per ping.
    connectionMonitor: { enabled: false },
  })
}

/** The text in which libp2p keeps a pre-shared key. */
function swarmKey(secret: Uint8Array): Uint8Array {
  return Buffer.from(`/key/swarm/psk/1.0.0/\n/base16/\n${Buffer.from(secret).toString('hex')}\n`)
}

/** Meter and guard both see every connection that comes in; whoever misused us is denied before it costs a handshake, or with the next one. */
function gater(meter: SocketMeter, misuse: Misuse): ConnectionGater {
  const counting = meter.gater()
  const guard = handshakeGuard()
  return {
    denyDialMultiaddr: () => false,
    ...counting,
    ...guard,
    denyInboundConnection(connection) {
      if (misuse.isOverdrawn(ipOf(connection.remoteAddr), performance.now())) return true
      void counting.denyInboundConnection?.(connection)
      return guard.denyInboundConnection?.(connection) ?? false
    },
    denyInboundEncryptedConnection(peer, { remoteAddr }) {
      const key = keyOfPeer(peer)
      const isOut = key !== undefined && misuse.isOut(key, performance.now())
      if (isOut) misuse.cameInVain(ipOf(remoteAddr), performance.now())
      return isOut
    },
  }
}
