import { createHash } from 'node:crypto'
import { limits, type PayloadHash } from '@haggle/protocol'
import type { BlobSource } from '@haggle/ports'
import { describe, expect, test } from 'vitest'
import { Wire, type NetworkBench, type Party } from './network-bench.ts'

const TOPIC = 'haggle/1/lab/market/7'
const FRAMES = 1_000
const BLOB_BYTES = 8_388_608
const never = new AbortController().signal

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const text = (value: string): Uint8Array => Buffer.from(value)
const heard = ({ seen }: Party): string[] => seen.gossip.map((message) => message.text)
const numbered = (n: number, size = 8): Uint8Array => {
  const bytes = Buffer.alloc(size)
  bytes.writeUInt32BE(n)
  return bytes
}
const numbersIn = ({ seen }: Party): number[] => seen.frames.map(({ bytes }) => Buffer.from(bytes).readUInt32BE())
// A payload hash is any 32 bytes here: whoever asks checks it, not the network.
const hashOf = (bytes: Uint8Array): PayloadHash => createHash('sha256').update(bytes).digest('hex') as PayloadHash

/** What the port promises, asked of any network: `make` gives a wire on which nobody is yet. */
export function networkConformance(name: string, make: () => NetworkBench | Promise<NetworkBench>): void {
  const wire = async (): Promise<Wire> => new Wire(await make())
  describe(`${name} as a network`, () => {
    peersConform(wire)
    framesConform(wire)
    pressureConforms(wire)
    gossipConforms(wire)
    topicsConform(wire)
    payloadsConform(wire)
  })
}

type MakeWire = () => Promise<Wire>

function peersConform(make: MakeWire): void {
  test('NET-06 NET-17: two agents that meet each see the other come up once, with key and addresses', async () => {
    const [ada, bob] = await (await make()).pair()
    expect(ada.seen.ups.map(({ key }) => key)).toEqual([bob.key])
    expect(bob.seen.ups.map(({ key }) => key)).toEqual([ada.key])
    expect(ada.network.peers().flatMap(({ addresses }) => addresses)).toContain(bob.address)
  })

  test('NET-06: a peer that stops is seen to go down, once, and comes up again when it is back', async () => {
    const wire = await make()
    const [ada, bob] = await wire.pair()
    await wire.done(bob.network.stop())
    await wire.until(() => ada.seen.downs.length > 0)
    expect(ada.seen.downs).toEqual([bob.key])
    expect(ada.network.peers()).toEqual([])
    expect(ada.network.send(bob.key, new Uint8Array(1))).toBe(false)
    const again = await wire.party('bob')
    await wire.meet(ada, again)
    expect(again.key).toBe(bob.key)
    expect(ada.seen.order).toEqual(['up', 'down', 'up'])
  })

  test('NET-18: a dial from both sides at once makes one peer, up once on each side', async () => {
    const wire = await make()
    const [ada, bob] = [await wire.party('ada'), await wire.party('bob')]
    await wire.done(Promise.all([ada.network.dial(bob.address), bob.network.dial(ada.address)]))
    const both = [ada, bob]
    await wire.until(() => both.every(({ network }) => network.peers().length > 0))
    ada.network.send(bob.key, Uint8Array.of(1))
    bob.network.send(ada.key, Uint8Array.of(2))
    await wire.until(() => both.every(({ seen }) => seen.frames.length > 0))
    expect(both.map(({ network }) => network.peers().length)).toEqual([1, 1])
    expect(both.map(({ seen }) => seen.order)).toEqual([
      ['up', 'frame'],
      ['up', 'frame'],
    ])
  })

  test('NET-03: a dial that nobody answers is a coded error', async () => {
    const wire = await make()
    const [ada, bob] = [await wire.party('ada', {}, 'end'), await wire.party('bob', {}, 'end')]
    await wire.done(bob.network.stop())
    const dialled = wire.done(ada.network.dial(bob.address))
    await expect(dialled).rejects.toMatchObject({ code: 'net/dial-failed' })
  })
}

function framesConform(make: MakeWire): void {
  test('NET-15: a thousand frames each way arrive in the order of sending, after the peer is up', async () => {
    const wire = await make()
    const [ada, bob] = await wire.pair()
    for (const n of numbers(FRAMES)) {
      expect(ada.network.send(bob.key, numbered(n, 8 + (n % 97)))).toBe(true)
      expect(bob.network.send(ada.key, numbered(n, 8 + (n % 89)))).toBe(true)
    }
    await wire.until(() => [ada, bob].every(({ seen }) => seen.frames.length === FRAMES))
    for (const party of [ada, bob]) {
      expect(numbersIn(party)).toEqual(numbers(FRAMES))
      expect(party.seen.order[0]).toBe('up')
    }
  })

  test('NET-15: an empty frame and one of the largest size pass whole', async () => {
    const wire = await make()
    const [ada, bob] = await wire.pair()
    const largest = Buffer.alloc(limits.frameBytes, 0xa5)
    expect(ada.network.send(bob.key, largest)).toBe(true)
    expect(ada.network.send(bob.key, new Uint8Array())).toBe(true)
    await wire.until(() => bob.seen.frames.length === 2)
    expect(Buffer.compare(bob.seen.frames[0]?.bytes ?? Buffer.alloc(0), largest)).toBe(0)
    expect(bob.seen.frames[1]?.bytes).toHaveLength(0)
  })

  test('NET-15: sending to somebody who is not connected is refused', async () => {
    const wire = await make()
    const [ada, bob] = [await wire.party('ada', {}, 'end'), await wire.party('bob', {}, 'end')]
    expect(ada.network.send(bob.key, new Uint8Array(1))).toBe(false)
    expect(await wire.done(ada.network.room(bob.key))).toBe(false)
  })
}

function pressureConforms(make: MakeWire): void {
  /** A pair of which the second reads nothing on before it is let go. */
  async function slowPair(wire: Wire): Promise<{ ada: Party; bob: Party; letGo: () => void }> {
    let letGo = (): void => {}
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const [ada, bob] = await wire.pair({}, { frame: () => gate })
    return { ada, bob, letGo }
  }

  /** Sends until the queue is full; each round gives the network a turn, and only a full queue ends it. */
  async function filled(wire: Wire, from: Party, to: Party): Promise<number> {
    let sent = 0
    while (from.network.send(to.key, numbered(sent, 65_536))) {
      sent += 1
      await wire.turn()
      expect(sent).toBeLessThan(2_000)
    }
    return sent
  }

  test('NET-16 NET-26: a slow reader stops its sender, whose queue fills; nothing sent is lost or reordered', async () => {
    const wire = await make()
    const { ada, bob, letGo } = await slowPair(wire)
    const sent = await filled(wire, ada, bob)
    expect(bob.seen.frames).toHaveLength(1)
    letGo()
    await wire.until(() => bob.seen.frames.length === sent)
    expect(numbersIn(bob)).toEqual(numbers(sent))
    expect(ada.seen.downs).toEqual([])
    expect(ada.network.send(bob.key, numbered(0))).toBe(true)
  })

  test('NET-40: there is room for more when most of the queue is gone, and never for a peer that is', async () => {
    const wire = await make()
    const { ada, bob, letGo } = await slowPair(wire)
    await filled(wire, ada, bob)
    let isThere: boolean | undefined
    const room = ada.network.room(bob.key).then((is) => (isThere = is))
    await wire.turn()
    expect(isThere).toBeUndefined()
    letGo()
    expect(await wire.done(room)).toBe(true)
    expect(ada.network.send(bob.key, new Uint8Array(limits.frameBytes))).toBe(true)
    await wire.done(bob.network.stop())
    await wire.until(() => ada.seen.downs.length === 1)
    expect(await wire.done(ada.network.room(bob.key))).toBe(false)
  })

  test('NET-40: who waits for room of a peer that goes is told that there is none', async () => {
    const wire = await make()
    const { ada, bob, letGo } = await slowPair(wire)
    await filled(wire, ada, bob)
    const room = ada.network.room(bob.key)
    const stopped = bob.network.stop()
    expect(await wire.done(room)).toBe(false)
    letGo()
    await wire.done(stopped)
  })
}

function gossipConforms(make: MakeWire): void {
  test('NET-10: a message passes from hop to hop, once, and names the peer that passed it on', async () => {
    const wire = await make()
    const [ada, bob, cyd] = await wire.line(TOPIC)
    expect(await wire.done(ada.network.publish(TOPIC, text('offer')))).toEqual({ recipients: 1 })
    await wire.until(() => cyd.seen.gossip.length > 0)
    expect(bob.seen.gossip).toEqual([{ topic: TOPIC, from: ada.key, text: 'offer' }])
    expect(cyd.seen.gossip).toEqual([{ topic: TOPIC, from: bob.key, text: 'offer' }])
    expect(ada.seen.gossip).toEqual([])
  })

  test('NET-10: where everybody knows everybody, each hears a message once, its publisher never', async () => {
    const wire = await make()
    const [ada, bob] = await wire.pair()
    const cyd = await wire.party('cyd')
    await wire.meet(cyd, ada)
    await wire.meet(cyd, bob)
    const all = [ada, bob, cyd]
    for (const { network } of all) network.subscribe(TOPIC)
    for (const each of all) await wire.listening(each, TOPIC, 2)
    await wire.done(ada.network.publish(TOPIC, text('first')))
    await wire.until(() => [bob, cyd].every((each) => heard(each).includes('first')))
    await wire.done(bob.network.publish(TOPIC, text('second')))
    await wire.until(() => [ada, cyd].every((each) => heard(each).includes('second')))
    expect(all.map(heard)).toEqual([['second'], ['first'], ['first', 'second']])
  })

  test('NET-13: what is ignored or rejected goes no further', async () => {
    const verdict = (message: string): 'accept' | 'ignore' | 'reject' =>
      message.startsWith('ignore') ? 'ignore' : message.startsWith('reject') ? 'reject' : 'accept'
    const wire = await make()
    const [ada, bob, cyd] = await wire.line(TOPIC, { verdict })
    for (const message of ['ignore me', 'reject me', 'good']) {
      await wire.done(ada.network.publish(TOPIC, text(message)))
      // One after the other, so that a wire that reorders gossip has nothing to reorder.
      await wire.until(() => heard(bob).includes(message))
    }
    await wire.until(() => heard(cyd).includes('good'))
    expect(heard(bob)).toEqual(['ignore me', 'reject me', 'good'])
    expect(heard(cyd)).toEqual(['good'])
  })

  test('NET-14: a message that reached nobody may be published again, and reaches who listens by then', async () => {
    const wire = await make()
    const [ada, bob] = await wire.pair()
    const publish = (): ReturnType<Party['network']['publish']> => wire.done(ada.network.publish(TOPIC, text('early')))
    expect(await publish()).toEqual({ recipients: 0 })
    bob.network.subscribe(TOPIC)
    await wire.listening(ada, TOPIC, 1)
    expect(await publish()).toEqual({ recipients: 1 })
    await wire.until(() => bob.seen.gossip.length > 0)
    expect(await publish()).toEqual({ recipients: 0 })
  })
}

function topicsConform(make: MakeWire): void {
  test('NET-11: the same bytes on two topics are two messages', async () => {
    const wire = await make()
    const [ada, bob] = await wire.pair()
    const other = 'haggle/1/lab/market/8'
    for (const topic of [other, TOPIC]) {
      bob.network.subscribe(topic)
      await wire.listening(ada, topic, 1)
    }
    await wire.done(ada.network.publish(other, text('record')))
    await wire.done(ada.network.publish(TOPIC, text('record')))
    await wire.until(() => bob.seen.gossip.length === 2)
    expect(bob.seen.gossip.map(({ topic }) => topic).toSorted()).toEqual([TOPIC, other])
  })

  test('NET-12: a message on a topic that is not listened to is not heard and leaves no trace', async () => {
    const wire = await make()
    const [ada, bob, cyd] = await wire.line(TOPIC)
    const adverts = 'haggle/1/lab/adverts'
    bob.network.subscribe(adverts)
    await wire.listening(ada, adverts, 1)
    bob.network.unsubscribe(TOPIC)
    // On some wires it leaves before it is known that nobody listens any more.
    await wire.done(ada.network.publish(TOPIC, text('record')))
    await wire.done(ada.network.publish(adverts, text('advert')))
    await wire.until(() => bob.seen.gossip.length > 0)
    expect(heard(bob)).toEqual(['advert'])
    // Had it been remembered, this copy would be a duplicate.
    bob.network.subscribe(TOPIC)
    await wire.listening(cyd, TOPIC, 1)
    await wire.done(cyd.network.publish(TOPIC, text('record')))
    await wire.until(() => bob.seen.gossip.length > 1)
    expect(bob.seen.gossip[1]).toEqual({ topic: TOPIC, from: cyd.key, text: 'record' })
  })
}

function payloadsConform(make: MakeWire): void {
  const payload = Buffer.alloc(BLOB_BYTES)
  for (let at = 0; at < BLOB_BYTES; at += 4) payload.writeUInt32BE((at * 2_654_435_761) >>> 0, at)
  const hash = hashOf(payload)
  const held: BlobSource = {
    size: BLOB_BYTES,
    async *read(offset) {
      for (let at = offset; at < BLOB_BYTES; at += 100_000)
        yield await Promise.resolve(payload.subarray(at, at + 100_000))
    },
  }

  /** Fetches the payload of a peer, on a wire that may stand still while nobody advances it. */
  async function fetched(wire: Wire, by: Party, of: Party, offset: number): Promise<Buffer> {
    const whole = async (): Promise<Buffer> => {
      const pieces: Uint8Array[] = []
      for await (const piece of await by.network.fetchBlob(of.key, hash, offset, never)) pieces.push(piece)
      return Buffer.concat(pieces)
    }
    return wire.done(whole())
  }

  test('NET-23: eight megabytes stream whole, both ways at once, and from an offset', async () => {
    const wire = await make()
    const [ada, bob] = await wire.pair({ blob: () => held })
    const both = await Promise.all([fetched(wire, ada, bob, 0), fetched(wire, bob, ada, 0)])
    expect(both.map(hashOf)).toEqual([hash, hash])
    const rest = await fetched(wire, ada, bob, BLOB_BYTES - 1_000)
    expect(Buffer.compare(rest, payload.subarray(BLOB_BYTES - 1_000))).toBe(0)
    expect(await fetched(wire, ada, bob, BLOB_BYTES)).toHaveLength(0)
  })

  test('NET-23: the holder sees who asks and for what hash, and may hold nothing', async () => {
    const wire = await make()
    const asked: unknown[] = []
    const [ada, bob] = await wire.pair({}, { blob: (wanted, by) => void asked.push([wanted, by]) })
    await expect(fetched(wire, ada, bob, 0)).rejects.toMatchObject({ code: 'net/blob-missing' })
    expect(asked).toEqual([[hash, ada.key]])
  })

  test('NET-23: a payload is only fetched from a connected peer', async () => {
    const wire = await make()
    const [ada, bob] = [await wire.party('ada', {}, 'end'), await wire.party('bob', { blob: () => held }, 'end')]
    await expect(fetched(wire, ada, bob, 0)).rejects.toMatchObject({ code: 'net/not-connected' })
  })
}
