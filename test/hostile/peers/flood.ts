// Valid offers, more than anybody wants: so many keys, each with a connection of its own, and so many offers a second from all of them.
// A key that is let go is replaced by a new one. Usage: flood ADDRESS SKILL KEYS RATE SECONDS.
import { encodeFrame, shardOf } from '@haggle/protocol'
import { Attacker, frameOf, rpcOf, topicOf } from '../../../packages/libp2p/test/support/attacker.ts'
import { offerOf, somebody } from './offers.ts'
import { passing, say } from './say.ts'

const [address = '', skill = '', keys = '1', rate = '1', seconds = '1'] = process.argv.slice(2)
const ROUNDS = 20
const topic = topicOf(`market/${shardOf(skill)}`)
const perRound = Math.ceil(Number(rate) / ROUNDS)
const authors = Array.from({ length: Number(keys) }, somebody)
// Signed before: the flood itself is not to wait for it.
const offers = Array.from({ length: perRound * ROUNDS * Number(seconds) }, (_, n) =>
  offerOf(authors[n % authors.length] ?? somebody(), skill, 120_000),
)

type Stream = Awaited<ReturnType<Attacker['direct']>>

interface Flooder {
  readonly attacker: Attacker
  readonly direct: Stream
  readonly gossip: Stream
}

const flooders: (Flooder | 'coming')[] = Array.from({ length: Number(keys) }, () => 'coming')
const cuts: Record<string, number> = { cut: 0, refused: 0 }
const over = new AbortController()

async function come(place: number): Promise<void> {
  flooders[place] = 'coming'
  while (!over.signal.aborted) {
    try {
      const attacker = await Attacker.open(address)
      try {
        flooders[place] = { attacker, direct: await attacker.direct(), gossip: await attacker.gossip() }
        return
      } catch (error) {
        await attacker.close()
        throw error
      }
    } catch {
      cuts['refused'] = (cuts['refused'] ?? 0) + 1
      await passing(200)
    }
  }
}

for (let place = 0; place < flooders.length; place += 8) {
  await Promise.race([
    Promise.all(Array.from({ length: Math.min(8, flooders.length - place) }, (_, n) => come(place + n))),
    passing(3_000),
  ])
}
say('begin', { offers: offers.length, connected: flooders.filter((each) => each !== 'coming').length })

let [sent, put, at] = [0, 0, 0]
const began = performance.now()
// A machine that is too busy for the rate sends fewer of them, and not for longer.
const until = began + (Number(seconds) + 1) * 1_000
for (let round = 0; at < offers.length && performance.now() < until; round += 1) {
  const here = flooders.flatMap((each, place) => (each === 'coming' ? [] : [{ ...each, place }]))
  const batch = offers.slice(at, at + perRound)
  at += perRound
  const each = Math.ceil(batch.length / Math.max(1, here.length))
  for (const [n, { attacker, direct, gossip, place }] of here.entries()) {
    const part = batch.slice(n * each, (n + 1) * each)
    if (part.length === 0) continue
    try {
      // A stream that is not read on the other side stops here: that is back-pressure, and its own kind of answer.
      if (!gossip.writableNeedsDrain) {
        gossip.send(rpcOf({ messages: part.map((data) => ({ topic, data })) }))
        sent += part.length
      }
      if (!direct.writableNeedsDrain) {
        direct.send(frameOf(3, encodeFrame({ kind: 'records', records: part.slice(0, 60), payloads: [] })))
        put += Math.min(60, part.length)
      }
    } catch {
      cuts['cut'] = (cuts['cut'] ?? 0) + 1
      void attacker.close().catch(() => undefined)
      void come(place)
    }
  }
  await passing(Math.max(0, began + ((round + 1) * 1_000) / ROUNDS - performance.now()))
}
over.abort()
say('done', { sent, put, ms: Math.round(performance.now() - began), ...cuts })
process.exit(0)
