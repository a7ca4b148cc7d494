// Gossip as no gossipsub sends it. Usage: gossip ADDRESS FLOOD TOPIC, with a flood of the table below.
import { randomBytes } from 'node:crypto'
import { Attacker, rpcOf, taken, type Rpc } from '../../../packages/libp2p/test/support/attacker.ts'
import { passing, say } from './say.ts'

const [address = '', flood = '', topic = ''] = process.argv.slice(2)
const ids = (count: number): Uint8Array[] => Array.from({ length: count }, () => randomBytes(32))
const names = (count: number): string[] => Array.from({ length: count }, () => randomBytes(32).toString('hex'))

/** What is sent, and how often. */
const floods: Readonly<Record<string, readonly [number, () => Rpc]>> = {
  // A mebibyte is far above what a record may be, and below what a gossip stream carries.
  large: [200, () => ({ messages: [{ topic, data: randomBytes(1_048_576) }] })],
  elsewhere: [200, () => ({ messages: names(64).map((name) => ({ topic: name, data: randomBytes(1_024) })) })],
  nonsense: [400, () => ({ messages: Array.from({ length: 64 }, () => ({ topic, data: randomBytes(512) })) })],
  subscriptions: [400, () => ({ subscriptions: names(2_000).map((name) => ({ topic: name, subscribe: true })) })],
  toggling: [400, () => ({ subscriptions: names(1_000).flatMap(() => both) })],
  ihave: [400, () => ({ ihave: [{ topic, ids: ids(5_000) }] })],
  iwant: [400, () => ({ iwant: [{ ids: ids(5_000) }] })],
  graft: [400, () => ({ graft: names(1_000) })],
  'too many of all': [50, () => ({ ihave: names(5_000).map((name) => ({ topic: name, ids: ids(1) })) })],
}
const both = [
  { topic, subscribe: true },
  { topic, subscribe: false },
]

const [count, make] = floods[flood] ?? [0, () => ({})]
if (count === 0) throw new Error(`no flood ${flood}`)
const attacker = await Attacker.open(address)
await attacker.direct()
let stream = await attacker.gossip()
let cuts = 0
for (let n = 0; n < count && cuts < 20; n += 1) {
  try {
    stream.send(rpcOf(make()))
    await taken(stream)
  } catch {
    // Cut off: a hostile peer comes again.
    cuts += 1
    await passing(50)
    if (attacker.connection.status !== 'open') break
    stream = await attacker.gossip()
  }
}
await passing(1_000)
say('done', { cuts })
process.exit(0)
