import { encode } from 'cborg'
import { encodeFrame, shardOf } from '@haggle/protocol'
import { topicName } from '@haggle/node'
import { joined, mutated } from '../mutator.ts'
import type { Random } from '../random.ts'
import { resealed } from '../reseal.ts'
import { networkId, Stage, type Victim } from '../stage.ts'
import { mustHold, type Run, type Target } from '../target.ts'
import { vectorBytes } from '../vectors.ts'

/** Inputs between two looks at the world, and what one of them takes of virtual time: no honest quota is reached by them. */
const ROUND = 256
const INPUT_MS = 5
/** Inputs between two honest contracts with a newcomer. */
const SERVES_EVERY = 16_384

/** A whole agent on memory ports: its counterpart and strangers send it frames, half of them in order and genuinely signed. */
export const driverDirect: Target = {
  name: 'driver-direct',
  about: 'direct frames to running agents with a contract under way',
  async open() {
    const stage = await Stage.open()
    const frames = vectorBytes().frames
    return run(
      stage,
      (random, victim) => frameFor(stage, random, victim, frames),
      async (victim, who, bytes) => {
        const from = stage.authors[who % stage.authors.length]?.key ?? victim.counterpart
        mustHold(victim.network.handlers !== undefined, 'the agent has a network')
        await delivered(stage, victim.network.handlers.frame(from, bytes))
        return 'taken'
      },
    )
  },
}

/** The same by gossip: what is said of a message is what others would see of it. */
export const driverGossip: Target = {
  name: 'driver-gossip',
  about: 'gossip to running agents',
  async open() {
    const stage = await Stage.open()
    const { wires } = vectorBytes()
    const adverts = topicName({ kind: 'adverts' }, networkId)
    const market = topicName({ kind: 'market', shard: shardOf('slow') }, networkId)
    return run(
      stage,
      (random, victim) => recordFor(stage, random, victim, wires),
      async (victim, who, bytes) => {
        const from = stage.authors[who % stage.authors.length]?.key ?? victim.counterpart
        mustHold(victim.network.handlers !== undefined, 'the agent has a network')
        // An advert on the topic of adverts, and all else in the market; now and then the other way round.
        const topic = isAdvert(bytes) !== who < 16 ? adverts : market
        return delivered(stage, Promise.resolve(victim.network.handlers.gossip(topic, from, bytes)))
      },
    )
  },
}

function isAdvert(wire: Uint8Array): boolean {
  return Buffer.from(wire.buffer, wire.byteOffset, Math.min(wire.length, 8)).toString('latin1').endsWith('advert')
}

type Deliver = (victim: Victim, who: number, bytes: Uint8Array) => Promise<string>

/** Two bytes say to whom and from whom; the rest is what is said. */
function run(stage: Stage, input: (random: Random, victim: Victim) => Uint8Array, deliver: Deliver): Run {
  let count = 0
  return {
    keepsState: true,
    input(random) {
      const head = random.bytes(2)
      return joined(head, input(random, stage.victim(head[0] ?? 0)))
    },
    async fuzz(bytes) {
      count += 1
      stage.world.clock.block(INPUT_MS)
      const said = await deliver(stage.victim(bytes[0] ?? 0), bytes[1] ?? 0, bytes.subarray(2))
      if (count % ROUND === 0) await stage.pass(1)
      if (count % SERVES_EVERY === 0) await stage.serves()
      return said
    },
    async close() {
      await stage.pass(1_000)
      await stage.serves()
      await stage.close()
    },
  }
}

/** Most is taken at once; who is over quota waits for the clock. */
async function delivered<T>(stage: Stage, taken: T | Promise<T>): Promise<T> {
  const promise = Promise.resolve(taken)
  const isSoon = await Promise.race([promise.then(() => true), someTurns()])
  return isSoon ? promise : stage.world.clock.until(promise)
}

async function someTurns(): Promise<boolean> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve()
  return false
}

function frameFor(stage: Stage, random: Random, victim: Victim, frames: readonly Uint8Array[]): Uint8Array {
  if (random.once(2)) {
    const records = Array.from({ length: random.once(8) ? 3 : 1 }, () => signedRecord(stage, random, victim))
    const payloads = random.once(16) ? [random.bytes(random.below(64))] : []
    return encodeFrame({ kind: 'records', records: records.filter((wire) => wire.length < 65_536), payloads })
  }
  if (random.once(2)) return smallFrame(stage, random)
  return mutated({ form: 'cbor', corpus: frames, dictionary: stage.ids.map((id) => encode(id)) }, random)
}

function recordFor(stage: Stage, random: Random, victim: Victim, wires: readonly Uint8Array[]): Uint8Array {
  if (random.once(2)) return signedRecord(stage, random, victim)
  return mutated({ form: 'cbor', corpus: random.once(2) ? wires : stage.wires }, random)
}

/** By anybody but the one that it is put before: what only its own key can sign, nobody else can send it. */
function signedRecord(stage: Stage, random: Random, { agent }: Victim): Uint8Array {
  const others = stage.authors.slice(0, 8).filter(({ key }) => key !== agent.key)
  return resealed(stage.heard, random.pick(others), networkId, random)
}

/** Heartbeats, tips and wants that name something real. */
function smallFrame(stage: Stage, random: Random): Uint8Array {
  const id = (): Uint8Array => random.pick(stage.ids)
  const few = Array.from({ length: random.below(5) }, id)
  const shards = Array.from({ length: random.below(3) }, () => random.below(1_024))
  const generation = random.below(4)
  return encode(
    random.pick([
      ['heartbeat', [id(), generation, random.below(1_000)]],
      ['heartbeat-ack', [id(), random.below(1_000)]],
      ['progress', [id(), generation, random.below(1_100), random.once(2) ? null : 'half']],
      ['tip', [id(), generation, few, random.once(2)]],
      ['digest', [shards, few, random.once(2)]],
      ['want', [few]],
    ]),
  )
}
