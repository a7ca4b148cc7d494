// Asks for the whole market over and over, listens to its gossip, and is then stopped by the test. Usage: deaf ADDRESS SKILL.
import { agentText, encodeFrame, shardOf } from '@haggle/protocol'
import { Attacker, frameOf, rpcOf, topicOf } from '../../../packages/libp2p/test/support/attacker.ts'
import { keyOfPeer } from '../../../packages/libp2p/src/peer-key.ts'
import { passing, say } from './say.ts'

const [address = '', skill = ''] = process.argv.slice(2)
const attacker = await Attacker.open(address)
const stream = await attacker.direct()
const gossip = await attacker.gossip()
gossip.send(rpcOf({ subscriptions: [{ topic: topicOf(`market/${shardOf(skill)}`), subscribe: true }] }))
const digest = frameOf(3, encodeFrame({ kind: 'digest', shards: [shardOf(skill)], held: [], answer: false }))
await passing(500)
const key = keyOfPeer(attacker.host.peerId)
for (let n = 0; n < 30; n += 1) stream.send(digest)
say('asked', { peer: key === undefined ? '' : agentText(key) })
await passing(120_000)
