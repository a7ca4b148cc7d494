import { setTimeout as passing } from 'node:timers/promises'
import { gossipsub, StrictNoSign } from '@chainsafe/libp2p-gossipsub'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Connection, Ed25519PrivateKey, Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { AgentKey } from '@haggle/protocol'
import { within } from '../../process/support/limit.ts'
import { seedOf, TOPIC, WAIT_MS, type Peer } from './peer.ts'

const DIRECT = '/haggle/direct/1'

/** A node made with libp2p alone, as somebody else's implementation would be: none of our settings reaches it. */
export type Stranger = Libp2p<{ pubsub: GossipSub }>

/** A stranger that is connected with an agent and has shaken hands with it, so that it is kept. */
export async function strangerOf(agent: Peer): Promise<{ node: Stranger; connection: Connection }> {
  const node = await createLibp2p({
    privateKey: await keyBelow(agent.key),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({ globalSignaturePolicy: StrictNoSign, allowPublishToZeroTopicPeers: true }),
    },
  })
  await node.handle(DIRECT, () => undefined)
  const connection = await within(node.dial(multiaddr(agent.address)), 'a stranger to be connected', WAIT_MS)
  const stream = await connection.newStream(DIRECT)
  const hello = { network: 'lab', networkId: 'ab'.repeat(32), params: { lease: 1 }, version: '0', time: Date.now() }
  stream.send(Buffer.concat([frame(0, JSON.stringify({ ...hello, addresses: [] })), frame(1, '')]))
  await agent.until('a stranger to be a peer', () => agent.net.peers().length > 0)
  return { node, connection }
}

/** NET-15: length, channel, body. */
function frame(channel: number, body: string): Uint8Array {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(Buffer.byteLength(body) + 1)
  head[4] = channel
  return Buffer.concat([head, Buffer.from(body)])
}

/** NET-18: the smaller key opens the stream, and a stranger does not wait for ours. */
async function keyBelow(key: AgentKey): Promise<Ed25519PrivateKey> {
  for (let number = 0; ; number += 1) {
    const pair = await generateKeyPairFromSeed('Ed25519', seedOf(`stranger ${number}`))
    if (Buffer.from(pair.publicKey.raw).toString('hex') < key) return pair
  }
}

/** Publishes until somebody takes it: a stream of gossip opens some time after its connection. */
export async function publish(node: Stranger, text: string): Promise<void> {
  const spread = async (): Promise<void> => {
    for (;;) {
      if (node.services.pubsub.getSubscribers(TOPIC).length > 0) {
        const { recipients } = await node.services.pubsub.publish(TOPIC, Buffer.from(text))
        if (recipients.length > 0) return
      }
      await passing(50)
    }
  }
  await within(spread(), 'a stranger to find somebody to tell', WAIT_MS)
}

/** Resolves when the stranger hears this text. */
export function hears(node: Stranger, text: string): Promise<void> {
  const heard = new Promise<void>((resolve) => {
    node.services.pubsub.addEventListener('message', ({ detail }) => {
      if (Buffer.from(detail.data).toString() === text) resolve()
    })
  })
  return within(heard, `a stranger to hear "${text}"`, WAIT_MS)
}
