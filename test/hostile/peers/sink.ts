// A node that takes whatever it is sent and does nothing with it: what an attack costs the machine, and nobody else. Usage: sink.
import { randomBytes } from 'node:crypto'
import '../../../packages/libp2p/src/shim.ts'
import { ownInterfaces } from '../../../packages/libp2p/src/addresses.ts'
import { createHost } from '../../../packages/libp2p/src/host.ts'
import { DIRECT_PROTOCOL } from '../../../packages/libp2p/src/links.ts'
import { Misuse } from '../../../packages/libp2p/src/misuse.ts'
import { SocketMeter } from '../../../packages/libp2p/src/socket-meter.ts'
import { passing, say } from './say.ts'

const host = await createHost({
  privateKeySeed: randomBytes(32),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  mdns: false,
  networkName: 'nobody',
  version: '0.1.0',
  maxPeers: 128,
  subscribed: new Set(),
  own: ownInterfaces(),
  meter: new SocketMeter(),
  misuse: new Misuse(),
  discovered: () => {},
  spokeAgain: () => true,
  peerCount: () => 0,
})
await host.handle(DIRECT_PROTOCOL, (stream) => stream.addEventListener('message', () => {}))
await host.start()
say('ready', { addresses: host.getMultiaddrs().map(String) })
await passing(2_147_483_647)
