// A node that takes whatever it is sent and does nothing with it: what an attack costs the machine, and nobody else. Usage: sink.
import { randomBytes } from 'node:crypto'
import '../../../packages/libp2p/src/shim.ts'
import { DIRECT_PROTOCOL } from '../../../packages/libp2p/src/links.ts'
import { bareHost } from '../../../packages/libp2p/test/support/bare-host.ts'
import { passing, say } from './say.ts'

const host = await bareHost(randomBytes(32), { networkName: 'nobody', maxPeers: 128 })
await host.handle(DIRECT_PROTOCOL, (stream) => stream.addEventListener('message', () => {}))
await host.start()
say('ready', { addresses: host.getMultiaddrs().map(String) })
await passing(2_147_483_647)
