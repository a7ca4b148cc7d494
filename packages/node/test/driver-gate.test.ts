import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fc, test } from '@fast-check/vitest'
import {
  createRecord,
  encodeFrame,
  encodeWire,
  limits,
  networkIdOf,
  payloadHashOf,
  protocolParams,
  shardOf,
  type AgentKey,
  type HaggleRecord,
} from '@haggle/protocol'
import type { GossipVerdict, NetworkHandlers } from '@haggle/ports'
import { Gate } from '../src/gate.ts'
import { OfferPace } from '../src/offer-pace.ts'
import { Partners } from '../src/partners.ts'
import { offerJob } from '../src/offer-job.ts'
import { topicName, type Agent } from '../src/index.ts'
import { ed25519Signer, ed25519Verify } from '../src/pure/ed25519.ts'
import { World, type Stand } from './agents.ts'
import type { MemoryNetwork } from './memory-network.ts'

const networkId = networkIdOf('haggle', protocolParams)
const mallory = ed25519Signer(new Uint8Array(32).fill(66))
const relay = ed25519Signer(new Uint8Array(32).fill(67)).key

describe('the gate', () => {
  const shard = { kind: 'market', shard: shardOf('shout') } as const

  it('NET-29: verifies a record once, however often and by whichever way it comes', () => {
    let verifications = 0
    const gate = new Gate({
      networkId,
      verify: (key, message, signature) => {
        verifications += 1
        return ed25519Verify(key, message, signature)
      },
    })
    const wire = encodeWire(advert(1))
    expect(gate.admit(relay, wire, { kind: 'adverts' }, 0)).toMatchObject({ kind: 'record', verified: true })
    expect(gate.admit(mallory.key, wire, null, 0)).toMatchObject({ kind: 'record', verified: false })
    expect(verifications).toBe(1)
  })

  it('NET-29: verifies again when the same record comes with another signature', () => {
    const gate = new Gate({ networkId, verify: ed25519Verify })
    const record = advert(1)
    gate.admit(relay, encodeWire(record), null, 0)
    const { signature } = advert(2)
    const other = createRecord('advert', record.body, { networkId, author: relay, sign: () => signature })
    expect(gate.admit(relay, encodeWire(other), null, 0)).toMatchObject({
      kind: 'violation',
      violation: { code: 'record/signature' },
    })
  })

  it('NET-27: takes on a topic only what belongs there', () => {
    const gate = new Gate({ networkId, verify: ed25519Verify })
    const wrong = { violation: { code: 'gossip/wrong-topic' } }
    const wire = encodeWire(advert(1))
    expect(gate.admit(relay, wire, shard, 0)).toMatchObject(wrong)
    expect(gate.admit(relay, wire, { kind: 'adverts' }, 0)).toMatchObject({ kind: 'record' })
    const offered = encodeWire(offer('shout'))
    const elsewhere = { kind: 'market', shard: (shard.shard + 1) % protocolParams.shards } as const
    expect(gate.admit(relay, offered, elsewhere, 0)).toMatchObject(wrong)
    expect(gate.admit(relay, offered, { kind: 'adverts' }, 0)).toMatchObject(wrong)
    expect(gate.admit(relay, offered, shard, 0)).toMatchObject({ kind: 'record' })
    // A withdrawal names no skill: which shard it belongs to only its offer could say.
    const withdrawn = encodeWire(withdrawal(offer('shout')))
    expect(gate.admit(relay, withdrawn, elsewhere, 0)).toMatchObject({ kind: 'record' })
    expect(gate.admit(relay, withdrawn, { kind: 'adverts' }, 0)).toMatchObject(wrong)
  })

  it('NET-72: takes on the topic of facts what proves something about a contract, and nothing of the market', () => {
    const gate = new Gate({ networkId, verify: ed25519Verify })
    const facts = { kind: 'facts' } as const
    const { id } = advert(1)
    const agree = createRecord('agree', { at: 1, contract: id, generation: 1, request: id }, byMallory)
    const body = { at: 1, task: id, generation: 2, reason: 'certificate', proof: id, bidUntil: 2, expires: 3 } as const
    const reopening = createRecord('reopening', body, byMallory)
    for (const each of [agree, reopening])
      expect(gate.admit(relay, encodeWire(each), facts, 0)).toMatchObject({ kind: 'record' })
    for (const other of [advert(1), offer('shout'), withdrawal(offer('shout'))])
      expect(gate.admit(relay, encodeWire(other), facts, 0)).toMatchObject({
        violation: { code: 'gossip/wrong-topic' },
      })
    expect(gate.admit(relay, encodeWire(agree), { kind: 'adverts' }, 0)).toMatchObject({ kind: 'violation' })
  })

  it('NET-73: lets a peer compare evidence at a pace, by the bytes of what it says, and takes nothing else from it', () => {
    const gate = new Gate({ networkId, verify: ed25519Verify })
    const sent = (bytes: number, now: number): boolean => gate.admitFrame(relay, 'reconciling', bytes, now) === 0
    expect([sent(500_000, 0), sent(22_000, 0), sent(2_048, 0)]).toEqual([true, true, false])
    expect([sent(2_048, 125), sent(2_048, 126), sent(2_048, 250)]).toEqual([true, false, true])
    expect(gate.admitFrame(relay, 'records', 2_048, 0)).toBe(0)
  })

  it('NET-28: spends no verification on a peer over its quota, and lets it go on later', () => {
    let verifications = 0
    const gate = new Gate({
      networkId,
      quota: { burst: 3, perSecond: 10 },
      verify: () => {
        verifications += 1
        return false
      },
    })
    const wires = [1, 2, 3, 4].map((seq) => encodeWire(advert(seq)))
    const kinds = wires.map((wire) => gate.admit(relay, wire, null, 0).kind)
    expect(kinds).toEqual(['violation', 'violation', 'violation', 'quota'])
    expect(verifications).toBe(3)
    expect(gate.admit(mallory.key, wires[0] ?? new Uint8Array(), null, 0).kind).toBe('violation')
    expect(gate.admit(relay, wires[3] ?? new Uint8Array(), null, 100).kind).toBe('violation')
  })

  it('NET-28: does not count what was of use', () => {
    const gate = new Gate({ networkId, verify: ed25519Verify, quota: { burst: 1, perSecond: 1 } })
    for (let seq = 1; seq <= 20; seq += 1) {
      expect(gate.admit(relay, encodeWire(advert(seq)), null, 0).kind).toBe('record')
      gate.useful(relay, 'records')
    }
  })

  it('NET-28: counts gossip apart from what a peer says itself', () => {
    const gate = new Gate({ networkId, verify: ed25519Verify, quota: { burst: 1, perSecond: 1 } })
    const gossiped = (seq: number): string => gate.admit(relay, encodeWire(advert(seq)), { kind: 'adverts' }, 0).kind
    expect([gossiped(1), gossiped(2)]).toEqual(['record', 'quota'])
    expect([gate.isOver(relay, undefined, 0), gate.isOver(relay, undefined, 1_000)]).toEqual([true, false])
    expect(gate.admit(relay, encodeWire(advert(3)), null, 0).kind).toBe('record')
  })

  it('NET-29: a record that came before costs a tenth', () => {
    const gate = new Gate({ networkId, verify: ed25519Verify, quota: { burst: 3, perSecond: 1 } })
    const wire = encodeWire(advert(1))
    const kinds = Array.from({ length: 20 }, () => gate.admit(relay, wire, null, 0).kind)
    const taken = kinds.filter((kind) => kind === 'record').length
    // One token for the first time, and a tenth of the other two for each of the rest.
    expect(taken).toBeGreaterThan(9)
    expect(taken).toBeLessThan(14)
  })

  it('NET-66: checks no signature of an offer that finds no place, and does not ask for one that was checked before', () => {
    let verifications = 0
    let hasRoom = true
    const gate = new Gate({
      networkId,
      hasRoomFor: () => hasRoom,
      verify: (...message) => {
        verifications += 1
        return ed25519Verify(...message)
      },
    })
    const [first, second] = [encodeWire(offer('shout')), encodeWire(offer('other'))]
    expect(gate.admit(relay, first, null, 0).kind).toBe('record')
    hasRoom = false
    expect(gate.admit(relay, second, null, 0).kind).toBe('unwanted')
    expect(gate.admit(relay, first, null, 0).kind).toBe('record')
    expect(gate.admit(relay, encodeWire(advert(1)), null, 0).kind).toBe('record')
    expect(verifications).toBe(2)
  })

  it('NET-74: takes offers of strangers at the pace of their address, each once, and lets everything else pass', () => {
    let verifications = 0
    const gate = new Gate({
      networkId,
      offers: new OfferPace({ originOf: () => '192.0.2.1' }, new Partners()),
      verify: (...message) => {
        verifications += 1
        return ed25519Verify(...message)
      },
    })
    const wires = Array.from({ length: 261 }, (_, n) => encodeWire(offer(`skill-${n}`)))
    const [known = new Uint8Array(), late = new Uint8Array()] = [wires[0], wires[260]]
    for (const wire of wires.slice(0, 258)) expect(gate.admit(relay, wire, null, 0).kind).toBe('record')
    for (const wire of wires.slice(258, 260)) expect(gate.admit(mallory.key, wire, null, 0).kind).toBe('record')
    // More often than the quota of a peer has tokens: who waits for others does not pay for it.
    for (let n = 0; n < 2_500; n += 1)
      expect(gate.admit(mallory.key, late, null, 0)).toEqual({ kind: 'quota', waitMs: 250 })
    expect(gate.admit(mallory.key, encodeWire(advert(2)), null, 0).kind).toBe('record')
    expect([gate.isOver(mallory.key, 'offer', 0), gate.isOver(mallory.key, 'bid', 0)]).toEqual([true, false])
    expect([known, encodeWire(advert(1))].map((wire) => gate.admit(relay, wire, null, 0).kind)).toEqual([
      'record',
      'record',
    ])
    expect(verifications).toBe(262)
    expect(gate.admit(mallory.key, late, null, 250).kind).toBe('record')
  })

  it('looks at the size before anything else', () => {
    const gate = new Gate({ networkId, verify: ed25519Verify })
    expect(gate.admit(relay, new Uint8Array(limits.recordBytes + 1), null, 0)).toMatchObject({
      violation: { code: 'record/too-large' },
    })
  })
})

const nothing: NetworkHandlers = {
  gossip: () => 'ignore',
  frame: () => {},
  blob: async () => undefined,
  peerUp: () => {},
  peerDown: () => {},
  mismatch: () => {},
}

describe('an agent among hostile peers', () => {
  let world: World
  let stand: Stand
  let agent: Agent
  let enemy: MemoryNetwork
  let asked: NetworkHandlers['blob']
  let verdicts: (topic: string, bytes: Uint8Array) => Promise<GossipVerdict>

  beforeEach(async () => {
    world = new World()
    stand = world.stand(1)
    // The verdict that the wire is given is what a test of the gossip path looks at.
    const start = stand.network.start.bind(stand.network)
    stand.network.start = (handlers) => {
      verdicts = async (topic, bytes) => world.clock.until(Promise.resolve(handlers.gossip(topic, mallory.key, bytes)))
      asked = (from, hash) => handlers.blob(from, hash)
      return start(handlers)
    }
    agent = await stand.start()
    agent.serve('shout', () => 'X')
    enemy = world.hub.network(mallory.key)
    await enemy.start(nothing)
    await world.clock.settle()
  })
  afterEach(() => world.end())

  const sentTo = (key: AgentKey): number => stand.network.sent.filter(({ to }) => to === key).length
  const violations = (): unknown[] =>
    stand.warnings.filter(({ event }) => event === 'violation').map(({ fields }) => fields['code'])

  it('judges gossip by what is wrong with it', async () => {
    const adverts = topicName({ kind: 'adverts' }, networkId)
    const good = encodeWire(advert(1))
    const forged = Uint8Array.from(good)
    // A changed byte inside the signature.
    forged[60] = (forged[60] ?? 0) ^ 1
    expect(await verdicts(adverts, good)).toBe('accept')
    expect(await verdicts(adverts, forged)).toBe('reject')
    expect(await verdicts(adverts, good.subarray(0, 40))).toBe('reject')
    expect(await verdicts(topicName({ kind: 'market', shard: 0 }, networkId), good)).toBe('reject')
    expect(await verdicts('haggle/1/elsewhere/adverts', good)).toBe('ignore')
    expect(await verdicts(adverts, encodeWire(advert(2, networkIdOf('other', protocolParams))))).toBe('reject')
  })

  it('NET-28: ignores gossip of a peer over its quota', async () => {
    const adverts = topicName({ kind: 'adverts' }, networkId)
    const wire = encodeWire(wronglySigned(1))
    for (let round = 0; round < 2_000; round += 1) expect(await verdicts(adverts, wire)).toBe('reject')
    expect(await verdicts(adverts, wire)).toBe('waste')
    expect(violations()).toHaveLength(2_000)
  })

  it('looks at all records of one packet of gossip in one batch', async () => {
    world.clock.breathe = () => new Promise((resolve) => setImmediate(resolve))
    let batches = 0
    const turn = stand.tax.turn.bind(stand.tax)
    stand.tax.turn = () => {
      batches += 1
      turn()
    }
    const market = topicName({ kind: 'market', shard: shardOf('shout') }, networkId)
    const now = world.clock.wall()
    const packet = Array.from({ length: 8 }, (_, n) => encodeWire(offer('shout', now - n)))
    const found = await Promise.all(packet.map((wire) => verdicts(market, wire)))
    expect(found).toEqual(packet.map(() => 'accept'))
    // Beside that one there may be one for what the application answers.
    expect(batches).toBeLessThanOrEqual(2)
  })

  it('TAX-04: counts checks that were done, and those among them that were needed', async () => {
    const done = (): readonly number[] => {
      const total = stand.tax.total()
      return [total.verifications, total['verifications-needed']]
    }
    const adverts = topicName({ kind: 'adverts' }, networkId)
    expect(await verdicts(adverts, encodeWire(advert(1)))).toBe('accept')
    expect(done()).toEqual([1, 1])
    await verdicts(adverts, encodeWire(advert(1)))
    expect(done()).toEqual([1, 1])
    expect(await verdicts(adverts, encodeWire(wronglySigned(2)))).toBe('reject')
    expect(done()).toEqual([2, 1])
    const job = await world.clock.until(agent.hire('whisper', 'x'))
    const own = job.records().flatMap((record) => (record.type === 'offer' ? [encodeWire(record)] : []))
    enemy.send(agent.key, encodeFrame({ kind: 'records', records: own, payloads: [] }))
    await world.clock.settle()
    expect(done()).toEqual([3, 1])
  })

  it('TIME-01: ignores what is out of its time, and blames nobody for passing it on', async () => {
    const adverts = topicName({ kind: 'adverts' }, networkId)
    const old = advert(1, networkId, world.clock.wall() - 61_500)
    expect(await verdicts(adverts, encodeWire(old))).toBe('ignore')
    const market = topicName({ kind: 'market', shard: shardOf('shout') }, networkId)
    expect(await verdicts(market, encodeWire(offer('shout', world.clock.wall() - 600_000)))).toBe('ignore')
    expect(violations()).toEqual([])
    expect(agent.skills()).toEqual([])
    expect(agent.contracts()).toEqual([])
  })

  it('TIME-02: takes nothing as true that is dated ahead of its clock, and blames nobody for it', async () => {
    const adverts = topicName({ kind: 'adverts' }, networkId)
    const soon = advert(1, networkId, world.clock.wall() + 2_000)
    expect(await verdicts(adverts, encodeWire(soon))).not.toBe('reject')
    expect(agent.skills()).toEqual([])
    await world.clock.pass(2_500)
    expect(agent.skills()).toMatchObject([{ skill: 'shout', agent: mallory.key }])
    const late = advert(2, networkId, world.clock.wall() + 3_600_000)
    expect(await verdicts(adverts, encodeWire(late))).toBe('ignore')
  })

  it('names what is wrong with a frame and goes on', async () => {
    enemy.send(agent.key, Uint8Array.of(1, 2, 3))
    enemy.send(agent.key, new Uint8Array(limits.frameBytes + 1))
    enemy.send(agent.key, encodeFrame({ kind: 'records', records: [Uint8Array.of(0)], payloads: [] }))
    await world.clock.settle()
    expect(violations()).toEqual(['frame/malformed', 'frame/too-large', 'record/shape'])
    expect(agent.status().halted).toBe(null)
  })

  it('keeps no payload that nobody asked for, and gives none to a stranger', async () => {
    const junk = new Uint8Array(1_000).fill(7)
    enemy.send(agent.key, encodeFrame({ kind: 'records', records: [encodeWire(advert(1))], payloads: [junk] }))
    await world.clock.settle()
    const held = await stand.blobs.put(bytesOf(new Uint8Array(5)))
    await expect(enemy.fetchBlob(agent.key, held.hash, 0)).rejects.toMatchObject({ code: 'net/blob-missing' })
    expect(await stand.blobs.size(payloadHashOf(junk))).toBe(undefined)
  })

  it('NET-28: makes the frames of a peer that sends junk wait, and still serves others', async () => {
    const wires = Array.from({ length: 60 }, (_, seq) => encodeWire(wronglySigned(seq)))
    for (let round = 0; round < 50; round += 1)
      enemy.send(agent.key, encodeFrame({ kind: 'records', records: wires, payloads: [] }))
    const requester = await world.stand(2).start()
    const job = await world.clock.until(requester.hire('shout', 'x'))
    expect(await (await world.clock.until(job.settled())).text()).toBe('X')
    expect(violations().length).toBeLessThan(3_000)
    expect(violations().length).toBeGreaterThan(1_900)
  })

  it('NET-28: makes a peer that asks for the whole market over and over wait', async () => {
    const digest = encodeFrame({ kind: 'digest', shards: [shardOf('shout')], held: [], answer: false })
    const before = sentTo(mallory.key)
    for (let round = 0; round < 500; round += 1) enemy.send(agent.key, digest)
    await world.clock.settle()
    expect(sentTo(mallory.key) - before).toBe(32)
    await world.clock.pass(5_000)
    expect(sentTo(mallory.key) - before).toBeGreaterThan(39)
    expect(sentTo(mallory.key) - before).toBeLessThan(44)
  })

  it('NET-28: makes a peer wait whose frames are none, carry nothing or name what is not known', async () => {
    const frames = [
      Uint8Array.of(1, 2, 3),
      encodeFrame({ kind: 'records', records: [], payloads: [new Uint8Array(9)] }),
      encodeFrame({ kind: 'want', ids: [advert(1).id] }),
      encodeFrame({ kind: 'heartbeat-ack', contract: advert(1).id, n: 1 }),
    ]
    for (let round = 0; round < 10; round += 1) {
      for (let n = 0; n < 250; n += 1) for (const frame of round < 2 ? frames : []) enemy.send(agent.key, frame)
      await world.clock.settle()
    }
    expect(violations()).toHaveLength(500)
    enemy.send(agent.key, Uint8Array.of(9))
    await world.clock.settle()
    expect(violations()).toHaveLength(500)
    await world.clock.pass(10)
    expect(violations()).toHaveLength(501)
  })

  it('NET-74 NET-68: puts off offers that come too fast from one address, and drops them when their peer is gone', async () => {
    const places = new Map<AgentKey, string>([[mallory.key, '192.0.2.1']])
    Object.assign(stand.network, { originOf: (peer: AgentKey) => places.get(peer) ?? null })
    const at = world.clock.wall()
    const offers = Array.from({ length: 600 }, (_, n) => encodeWire(offer('shout', at - n, somebody(n % 3))))
    const bring = (from: number, to: number): void => {
      for (let n = from; n < to; n += 50)
        enemy.send(agent.key, encodeFrame({ kind: 'records', records: offers.slice(n, n + 50), payloads: [] }))
    }
    const taken = (): number => stand.tax.total().verifications
    bring(0, 400)
    await world.clock.pass(100)
    expect(taken()).toBeGreaterThanOrEqual(256 + 2)
    expect(taken()).toBeLessThanOrEqual(256 + 2 + 10)
    expect(stand.tax.tallied('quota-refusals')).toBeGreaterThan(0)
    // Gossip is not put off.
    const market = topicName({ kind: 'market', shard: shardOf('shout') }, networkId)
    const told: GossipVerdict[] = []
    for (const wire of offers.slice(500, 550)) told.push(await verdicts(market, wire))
    expect(new Set(told)).toEqual(new Set(['accept', 'waste']))
    await world.clock.pass(2_000)
    expect(taken()).toBe(400 + told.filter((verdict) => verdict === 'accept').length)
    bring(400, 600)
    await world.clock.pass(100)
    const before = taken()
    expect(before).toBeLessThan(550)
    const refused = stand.tax.tallied('quota-refusals')
    places.clear()
    await world.clock.pass(5_000)
    expect(stand.tax.tallied('quota-refusals') - refused).toBeGreaterThan(40)
    places.set(mallory.key, '192.0.2.1')
    await world.clock.pass(1_000)
    // One more a second is anybody's.
    expect(taken() - before).toBeLessThanOrEqual(6)
    expect(agent.status().halted).toBe(null)
  })

  it('NET-41: makes a peer wait that floods with frames of a contract known here, and still serves others', async () => {
    const requester = await world.stand(2).start()
    const job = await world.clock.until(requester.hire('shout', 'x'))
    await world.clock.until(job.settled())
    const contract = agent.contracts()[0]?.contract ?? advert(1).id
    const beat = encodeFrame({ kind: 'heartbeat', contract, generation: 1, n: 1 })
    for (let round = 0; round < 9; round += 1) {
      for (let n = 0; n < 1_000; n += 1) enemy.send(agent.key, beat)
      await world.clock.settle()
    }
    enemy.send(agent.key, Uint8Array.of(9))
    await world.clock.settle()
    expect(violations()).toEqual([])
    const next = await world.clock.until(requester.hire('shout', 'y', { key: 'second' }))
    expect(await (await world.clock.until(next.settled())).text()).toBe('X')
    await world.clock.pass(1_000)
    expect(violations()).toEqual(['frame/malformed'])
  })

  it('gathers no listeners while many peers wait', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const digest = encodeFrame({ kind: 'digest', shards: [], held: [], answer: false })
    for (let n = 0; n < 12; n += 1) {
      const network = world.hub.network(ed25519Signer(new Uint8Array(32).fill(80 + n)).key)
      await network.start(nothing)
      for (let round = 0; round < 40; round += 1) network.send(agent.key, digest)
    }
    await world.clock.settle()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it('lives through a disk that does not answer when a peer asks for a payload', async () => {
    const requester = await world.stand(2).start()
    const job = await world.clock.until(requester.hire('shout', 'x'))
    await world.clock.until(job.settled())
    const result = payloadHashOf(new TextEncoder().encode('X'))
    expect(await asked(requester.key, result)).toMatchObject({ size: 1 })
    stand.blobs.size = () => Promise.reject(new Error('EIO'))
    // A handler that throws would end the network: the port says that none does.
    expect(await asked(requester.key, result)).toBe(undefined)
  })

  test.prop([fc.uint8Array({ maxLength: 400 })], { numRuns: 200 })('no bytes make it stop', async (bytes) => {
    enemy.send(agent.key, bytes)
    await verdicts(topicName({ kind: 'adverts' }, networkId), bytes)
    expect(agent.status().halted).toBe(null)
  })
})

/** One of the keys that anybody may make. */
function somebody(number: number): typeof mallory {
  return ed25519Signer(new Uint8Array(32).fill(100 + number))
}

const byMallory = { networkId, author: mallory.key, sign: (message: Uint8Array) => mallory.sign(message) }

function advert(seq: number, network = networkId, at = 1_800_000_000_000): HaggleRecord<'advert'> {
  const skills = [{ name: 'shout', version: 1, note: null, unitPrice: null }]
  return createRecord(
    'advert',
    { at, seq, ttlMs: 60_000, skills, slots: 1, free: 1, witness: null },
    { ...byMallory, networkId: network },
  )
}

/** An offer as an agent makes it, at a time of our choice. */
function offer(skill: string, at = 1_800_000_000_000, by = mallory): HaggleRecord<'offer'> {
  const job = offerJob({ key: 'k', skill, memo: '{}' }, {}, { wall: at, profile: 'lan' })
  const terms = { ...job, panelSize: 0, witnessSet: null, jury: null, dependsOn: [] }
  const nonces = { nonce: new Uint8Array(16), nonceCommit: new Uint8Array(32) }
  return createRecord(
    'offer',
    { ...job, ...nonces, at, expires: job.bidUntil + 1_500, terms },
    {
      ...byMallory,
      author: by.key,
      sign: (message) => by.sign(message),
    },
  )
}

function withdrawal(of: HaggleRecord<'offer'>): HaggleRecord<'withdrawal'> {
  return createRecord('withdrawal', { at: of.body.at, task: of.id, reason: 'changed' }, byMallory)
}

/** Well-formed and in another's name: the signature is mallory's. */
function wronglySigned(seq: number): HaggleRecord<'advert'> {
  const { body, signature } = advert(seq)
  return createRecord('advert', body, { networkId, author: relay, sign: () => signature })
}

async function* bytesOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
