// Valid offers, more than anybody wants. Usage: flood ADDRESS SKILL KEYS RATE SECONDS: so many keys, offers per second, for so long.
import { encodeFrame } from '@haggle/protocol'
import { Attacker, frameOf, rpcOf, taken, topicOf } from '../../../packages/libp2p/test/support/attacker.ts'
import { shardOf } from '@haggle/protocol'
import { offerOf, somebody } from './offers.ts'
import { passing, say } from './say.ts'

const [address = '', skill = '', keys = '1', rate = '1', seconds = '1', way = 'both'] = process.argv.slice(2)
const ROUNDS = 20
const topic = topicOf(`market/${shardOf(skill)}`)
const perRound = Math.ceil(Number(rate) / ROUNDS)
const authors = Array.from({ length: Number(keys) }, somebody)
// Signed before: the flood itself is not to wait for it.
const offers = Array.from({ length: perRound * ROUNDS * Number(seconds) }, (_, n) =>
  offerOf(authors[n % authors.length] ?? somebody(), skill, 120_000),
)
const attacker = await Attacker.open(address)
const direct = await attacker.direct()
const gossip = await attacker.gossip()
say('begin', { offers: offers.length })
let sent = 0
try {
  for (let at = 0; at < offers.length; at += perRound) {
    const next = performance.now() + 1_000 / ROUNDS
    const batch = offers.slice(at, at + perRound)
    if (way === 'both') {
      for (let from = 0; from < batch.length; from += 60) {
        direct.send(frameOf(3, encodeFrame({ kind: 'records', records: batch.slice(from, from + 60), payloads: [] })))
      }
    }
    gossip.send(rpcOf({ messages: batch.map((data) => ({ topic, data })) }))
    sent += batch.length
    await Promise.race([Promise.all([taken(gossip), taken(direct)]), passing(2_000)])
    await passing(Math.max(0, next - performance.now()))
  }
} catch {
  say('cut', { sent })
}
say('done', { sent })
process.exit(0)
