// Somebody honest who asks every peer that comes for a payload, once, and says how that ended. Usage: fetcher FOLDER.
import { createHash, randomBytes } from 'node:crypto'
import { blobFiles } from '@haggle/node/system'
import { HaggleError } from '@haggle/protocol'
import { libp2pNetwork } from '../../../packages/libp2p/src/index.ts'
import { attackedHello } from './attacked.ts'
import { say } from './say.ts'

const [folder = ''] = process.argv.slice(2)
const SIZE = 4_194_304
const blobs = await blobFiles(folder)
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
await network.start({
  gossip: () => 'ignore',
  frame: () => {},
  blob: () => Promise.resolve(undefined),
  peerUp: ({ key }) => void fetch(key),
  peerDown: () => {},
  mismatch: () => {},
})
say('ready', { addresses: network.addresses() })

async function fetch(from: Parameters<typeof network.fetchBlob>[0]): Promise<void> {
  // Of nothing that anybody has: whatever comes is not it.
  const hash = createHash('sha256').update(from).digest('hex') as Parameters<typeof network.fetchBlob>[1]
  const before = performance.now()
  const { signal } = new AbortController()
  const stream = async function* (offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    yield* await network.fetchBlob(from, hash, offset, signal)
  }
  const code = await blobs.gather({ hash, size: SIZE }, stream, signal).then(
    () => 'had',
    (error: unknown) => (error instanceof HaggleError ? error.code : String(error)),
  )
  say('asked', { peer: from, code, ms: Math.round(performance.now() - before) })
}
