import { ownInterfaces } from '../../src/addresses.ts'
import { createHost } from '../../src/host.ts'
import type { Host, HostInit } from '../../src/host.ts'
import { Misuse } from '../../src/misuse.ts'
import { SocketMeter } from '../../src/socket-meter.ts'

/** A real libp2p node that nothing of ours runs on, on a port of this machine and without mDNS. Not started yet. */
export function bareHost(privateKeySeed: Uint8Array, more: Partial<HostInit> = {}): Promise<Host> {
  return createHost({
    privateKeySeed,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
    networkName: 'lab',
    version: '0.1.0',
    maxPeers: 64,
    subscribed: new Set(),
    own: ownInterfaces(),
    meter: new SocketMeter(),
    misuse: new Misuse(),
    discovered: () => {},
    spokeAgain: () => true,
    peerCount: () => 0,
    ...more,
  })
}
