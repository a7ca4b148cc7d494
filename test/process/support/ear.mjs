// Joins the network as a peer of the transport alone and says which records it hears on a skill's topic: what gossip tells
// everybody, whatever the agents' own events leave out. Usage: node ear.mjs SKILL
import { randomBytes } from 'node:crypto'
import { libp2pNetwork } from '@haggle/libp2p'
import {
  agentText,
  decodeFrame,
  decodeWire,
  networkIdOf,
  PROTOCOL_VERSION,
  protocolParams,
  recordText,
  shardOf,
} from '@haggle/protocol'

const [skill = ''] = process.argv.slice(2)
const network = 'haggle'
const networkId = networkIdOf(network, protocolParams)
// ENC-18: the topic of a skill.
const topic = `haggle/${PROTOCOL_VERSION}/${networkId.slice(0, 16)}/market/${shardOf(skill)}`
const say = (event, fields = {}) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`)
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

const ear = libp2pNetwork({
  privateKeySeed: randomBytes(32),
  networkName: network,
  hello: () => ({ network, networkId, params: protocolParams, version: '0.1.0', time: Date.now() }),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  bootstrap: [],
  mdns: true,
  logger: quiet,
})

await ear.start({
  gossip(_, from, bytes) {
    heard('gossip', bytes)
    return 'accept'
  },
  // Gossip that reached nobody is told to every peer directly.
  frame(from, bytes) {
    const decoded = decodeFrame(bytes)
    if (!decoded.ok || decoded.frame.kind !== 'records') return
    for (const record of decoded.frame.records) heard('frame', record)
  },
  async blob() {
    return undefined
  },
  peerUp() {
    say('peer')
  },
  peerDown() {},
  mismatch() {},
})
ear.subscribe(topic)
say('ready')

function heard(by, bytes) {
  const decoded = decodeWire(bytes, networkId)
  if (!decoded.ok) return
  const { type, author, body } = decoded.unverified.claimed
  say('heard', { by, type, author: agentText(author), task: body.task === undefined ? null : recordText(body.task) })
}
