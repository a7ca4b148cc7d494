// Somebody honest who gives a large payload to whoever asks, and says how much of it each asker made it read. Usage: holder.
import { randomBytes } from 'node:crypto'
import { libp2pNetwork } from '../../../packages/libp2p/src/index.ts'
import { attackedHello } from './attacked.ts'
import { say } from './say.ts'

const SIZE = 200 * 1_048_576
const chunk = new Uint8Array(65_536)
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const network = libp2pNetwork({
  privateKeySeed: randomBytes(32),
  hello: attackedHello,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  bootstrap: [],
  mdns: false,
  networkName: 'haggle',
  logger: silent,
})

async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
  let read = 0
  say('asked')
  try {
    for (; read < SIZE; read += chunk.length) yield chunk
  } finally {
    say('left', { read })
  }
}

await network.start({
  gossip: () => 'ignore',
  frame: () => {},
  blob: () => Promise.resolve({ size: SIZE, read: source }),
  peerUp: () => {},
  peerDown: () => {},
  mismatch: () => {},
})
say('ready', { addresses: network.addresses() })
