import { createHash, randomBytes } from 'node:crypto'
import { topicName } from '@haggle/node'
import { libp2pNetwork } from '@haggle/libp2p'
import { networkIdOf, protocolParams, shardOf } from '@haggle/protocol'
import { serveCalls } from './serve.ts'

export type JunkCalls = {
  /** Joins the network as a peer that follows the handshake and nothing else. */
  join(init: { readonly address: string; readonly skill: string }): Promise<null>
  /** Gossips so much junk each second, as records of the right topic, until told to stop. */
  start(rate: { readonly perSecond: number }): Promise<null>
  /** How many were handed to gossip. */
  stop(nothing: null): Promise<{ readonly sent: number; readonly refused: number }>
}

const TICK_MS = 10
const NETWORK = 'bench'
const networkId = networkIdOf(NETWORK, protocolParams)
const network = libp2pNetwork({
  privateKeySeed: createHash('sha256').update('junk').digest(),
  networkName: NETWORK,
  hello: () => ({ network: NETWORK, networkId, params: protocolParams, version: '0.1.0', time: Date.now() }),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  bootstrap: [],
  mdns: false,
  logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
})
let topic = ''
let timer: NodeJS.Timeout | undefined
const counts = { sent: 0, refused: 0 }

/** As long as an offer, a list of five as every record is, and different each time. */
function junk(): Uint8Array {
  const bytes = randomBytes(480)
  bytes[0] = 0x85
  return bytes
}

const calls: JunkCalls = {
  async join({ address, skill }) {
    await network.start({
      gossip: () => 'ignore',
      frame: () => {},
      blob: async () => undefined,
      peerUp: () => {},
      peerDown: () => {},
      mismatch: () => {},
    })
    topic = topicName({ kind: 'market', shard: shardOf(skill) }, networkId)
    network.subscribe(topic)
    await network.dial(address)
    return null
  },
  async start({ perSecond }) {
    Object.assign(counts, { sent: 0, refused: 0 })
    timer = setInterval(() => {
      for (let at = 0; at < (perSecond * TICK_MS) / 1_000; at += 1) {
        network.publish(topic, junk()).then(
          ({ recipients }) => (counts.sent += recipients),
          () => (counts.refused += 1),
        )
      }
    }, TICK_MS)
    return null
  },
  async stop() {
    clearInterval(timer)
    return { ...counts }
  },
}

serveCalls(calls)
