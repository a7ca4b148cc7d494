// Frames of the direct stream, as many and as bad as they come. Usage: frames ADDRESS FLOOD SKILL.
import { randomBytes } from 'node:crypto'
import { encodeFrame, limits, recordIdOf, shardOf } from '@haggle/protocol'
import { Attacker, frameOf, taken } from '../../../packages/libp2p/test/support/attacker.ts'
import { offerOf, somebody } from './offers.ts'
import { passing, say } from './say.ts'

const [address = '', flood = '', skill = ''] = process.argv.slice(2)
const id = (): ReturnType<typeof recordIdOf> => recordIdOf(randomBytes(8))
const many = (count: number): ReturnType<typeof id>[] => Array.from({ length: count }, id)

/** Frames of one round; a number instead of a body is a length that is never sent. */
const floods: Readonly<Record<string, () => Uint8Array>> = {
  garbage: () => randomBytes(1_024),
  nested: () => Buffer.alloc(100_000, 0x81),
  'huge lengths': () => Buffer.from('826477616e7481815bffffffffffffffff', 'hex'),
  tip: () => encodeFrame({ kind: 'tip', contract: id(), generation: 1, held: many(256), answer: false }),
  heartbeat: () => encodeFrame({ kind: 'heartbeat', contract: id(), generation: 1, n: 1 }),
  want: () => encodeFrame({ kind: 'want', ids: many(limits.frameIds) }),
  digest: () => encodeFrame({ kind: 'digest', shards: [shardOf(skill)], held: [], answer: false }),
  'full digest': () =>
    encodeFrame({ kind: 'digest', shards: [shardOf(skill)], held: many(limits.frameIds), answer: false }),
  'bad signatures': () => encodeFrame({ kind: 'records', records: forged, payloads: [] }),
  payloads: () => encodeFrame({ kind: 'records', records: [], payloads: Array.from({ length: 4 }, () => inline) }),
}
const inline = randomBytes(limits.inlineBytes)
const forged = Array.from({ length: limits.frameRecords }, () => {
  const wire = Uint8Array.from(offerOf(somebody(), skill))
  wire[60] = (wire[60] ?? 0) ^ 1
  return wire
})

const make = floods[flood]
if (make === undefined) throw new Error(`no flood ${flood}`)
const attacker = await Attacker.open(address)
const stream = await attacker.direct()
const until = performance.now() + 6_000
let sent = 0
try {
  while (performance.now() < until) {
    for (let n = 0; n < 100; n += 1) stream.send(frameOf(3, make()))
    sent += 100
    // A stream that is not read on the other side stops here: that is back-pressure, and no fault.
    await Promise.race([taken(stream), passing(until - performance.now())])
  }
} catch {
  say('cut')
}
say('done', { sent })
process.exit(0)
