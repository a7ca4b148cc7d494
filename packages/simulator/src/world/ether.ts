import { HaggleError, type AgentKey, type PayloadHash } from '@haggle/protocol'
import { stream, type Random } from '../random.ts'
import type { Seed } from '../seed.ts'
import { hashOf } from '../trace.ts'
import { Connection, type Ground } from './connection.ts'
import type { Time } from './time.ts'
import type { Cut, Weather } from './weather.ts'
import { notConnected, type Wire } from './wire.ts'

/** Gossip that may be heard once more. */
const REMEMBERED = 256
/** Bytes of a payload per microsecond. */
const BLOB_BYTES_PER_US = 4
const CHUNK = 65_536
/** NET-22: while no more are known, everybody is connected with everybody; beyond, each sees to a few. */
const DIAL_ALL = 13
const ENOUGH = 6
/** A dial that has no answer by then has none. */
const DIAL_US = 2_000_000
const LONGEST_BACKOFF_US = 4_000_000

/** What everybody speaks through: who is connected, and what is on its way. */
export class Ether {
  readonly weather: Weather
  readonly #time: Time
  readonly #seed: Seed
  readonly #dice = new Map<string, Random>()
  readonly #count: number
  readonly #wires = new Set<Wire>()
  readonly #byKey = new Map<AgentKey, Set<Wire>>()
  readonly #connections = new Set<Connection>()
  readonly #between = new Map<Wire, Map<Wire, Connection>>()
  readonly #attempts = new Map<Wire, Map<Wire, { failures: number; pending: boolean }>>()
  readonly #ids = new WeakMap<Uint8Array, number>()
  readonly #idOfContent = new Map<string, number>()
  readonly #old: { readonly topic: string; readonly bytes: Uint8Array }[] = []
  readonly #ground: Ground
  #passed = 0

  constructor(seed: Seed, time: Time, weather: Weather, count: number) {
    this.#time = time
    this.weather = weather
    this.#count = count
    this.#seed = seed
    this.#ground = { time, weather, parted: (connection) => this.#parted(connection) }
  }

  get now(): number {
    return this.#time.now
  }

  /** Gossip messages that went over a link. */
  get passed(): number {
    return this.#passed
  }

  /** Frames that nobody has handled yet. */
  underWayBetween(places: ReadonlySet<number>): number {
    let sum = 0
    for (const connection of this.#connections) {
      if (places.has(connection.a.place) && places.has(connection.b.place)) sum += connection.underWay
    }
    return sum
  }

  join(wire: Wire): void {
    const others = [...this.#wires].filter((other) => other.key !== wire.key)
    this.#wires.add(wire)
    const same = this.#byKey.get(wire.key) ?? new Set()
    this.#byKey.set(wire.key, same.add(wire))
    for (const other of this.#count <= DIAL_ALL ? others : this.#few(wire, others)) this.#soon(wire, other)
  }

  leave(wire: Wire, quiet: boolean): void {
    this.#wires.delete(wire)
    this.#byKey.get(wire.key)?.delete(wire)
    this.#attempts.delete(wire)
    // Those that were only being made end with the others.
    for (const connection of [...(this.#between.get(wire)?.values() ?? [])]) {
      const random = this.#diceOf(connection.a, connection.b)
      const noticeUs = quiet ? random.between(800_000, 3_000_000) : random.between(500, 20_000)
      connection.break(noticeUs, noticeUs)
    }
  }

  /** NET-51: connects with somebody whom there is something to tell. */
  want(wire: Wire, key: AgentKey): void {
    for (const other of this.#byKey.get(key) ?? []) this.#soon(wire, other)
  }

  /** Connects with whoever is at an address; false when nobody is, or the way is cut. */
  dial(wire: Wire, address: string): Promise<boolean> {
    const other = [...this.#wires].find((each) => each.addresses().includes(address))
    if (other === undefined) return Promise.resolve(false)
    if (wire.isConnectedWith(other)) return Promise.resolve(true)
    this.#soon(wire, other)
    return new Promise((resolve) => this.#time.after(DIAL_US, () => resolve(wire.isConnectedWith(other))))
  }

  begin(cut: Cut): void {
    this.weather.begin(cut)
    if (!cut.breaks) return
    for (const connection of this.#connections) {
      const { a, b } = connection
      if (!this.weather.isDead(a.place, b.place)) continue
      const random = this.#diceOf(a, b)
      this.#time.after(random.between(800_000, 4_000_000), () => {
        if (this.weather.isDead(a.place, b.place)) connection.break(0, random.between(0, 500_000))
      })
    }
  }

  end(cut: Cut): void {
    this.weather.end(cut)
    this.cleared()
  }

  /** Something that was cut is not any more: what was held back goes on, and who was looked for in vain is found. */
  cleared(): void {
    for (const connection of this.#connections) connection.release()
    for (const [wire, others] of this.#attempts) {
      for (const [other, attempt] of others) if (attempt.failures > 0) this.#again(wire, other)
    }
  }

  /** The connections between two agents break. */
  reset(from: number, to: number): void {
    for (const connection of this.#connections) {
      const places = [connection.a.place, connection.b.place]
      if (places.includes(from) && places.includes(to)) connection.break(1_000, 1_500)
    }
  }

  /** Nothing goes wrong any more between agents of a core. */
  heal(core: ReadonlySet<number>): void {
    this.weather.heal(core)
    this.cleared()
  }

  gossip(from: Wire, connection: Connection, topic: string, bytes: Uint8Array): void {
    const to = connection.other(from)
    if (connection.broken || this.weather.isCut(from.place, to.place)) return
    const { plan, random } = this.weather.link(from.place, to.place)
    if (random.permille(plan.gossipLoss)) return
    this.#passed += 1
    // What the other has heard already changes nothing there: it is counted, and not carried.
    if (to.hasSeen(this.gossipId(topic, bytes))) return
    const arrive = (): void => {
      if (!connection.broken && !this.weather.isCut(from.place, to.place)) to.gossiped(topic, from.key, bytes)
    }
    const wayUs = plan.delayUs + random.below(plan.jitterUs + 1)
    const late = random.permille(plan.reorder) ? random.between(1, 20) * (plan.delayUs + plan.jitterUs) : 0
    this.#time.after(wayUs + late, arrive)
    if (random.permille(plan.duplicate)) this.#time.after(wayUs * 3, arrive)
  }

  /** Two messages of one content on one topic are one. */
  gossipId(topic: string, bytes: Uint8Array): number {
    const known = this.#ids.get(bytes)
    if (known !== undefined) return known
    const content = `${hashOf(bytes)}.${hashOf(bytes, 7)}.${bytes.length}.${topic}`
    const id = this.#idOfContent.get(content) ?? this.#idOfContent.size
    this.#idOfContent.set(content, id)
    this.#ids.set(bytes, id)
    return id
  }

  remember(topic: string, bytes: Uint8Array): void {
    this.#old.push({ topic, bytes })
    if (this.#old.length > REMEMBERED) this.#old.shift()
  }

  /** Gossip of long ago comes to an agent once more, by any of its peers. */
  replay(place: number, count: number): void {
    const wires = [...this.#wires].filter((wire) => wire.place === place)
    for (const wire of wires) {
      const random = this.#diceOf(wire)
      const peers = wire.connections
      if (peers.length === 0 || this.#old.length === 0) continue
      for (let each = 0; each < count; each += 1) {
        const { topic, bytes } = random.pick(this.#old)
        const from = random.pick(peers).other(wire).key
        this.#time.after(random.between(0, 100_000), () => wire.gossiped(topic, from, bytes, true))
      }
    }
  }

  /** A payload by hash: asked for over the connection, and streamed back. */
  async fetch(
    wire: Wire,
    connection: Connection,
    hash: PayloadHash,
    offset: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const other = connection.other(wire)
    const { plan } = this.weather.link(wire.place, other.place)
    await this.#wait(plan.delayUs + plan.jitterUs, connection, signal)
    const source = await other.opens(wire.key, hash)
    await this.#wait(plan.delayUs + plan.jitterUs, connection, signal)
    if (source === undefined) {
      throw new HaggleError('net/blob-missing', 'the peer does not give this payload', { next: 'Ask another peer.' })
    }
    return this.#carried(source.read(offset), connection, signal)
  }

  async *#carried(
    source: AsyncIterable<Uint8Array>,
    connection: Connection,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const bytes of source) {
      for (let at = 0; at < bytes.length; at += CHUNK) {
        const chunk = bytes.subarray(at, at + CHUNK)
        await this.#wait(Math.ceil(chunk.length / BLOB_BYTES_PER_US), connection, signal)
        yield Uint8Array.from(chunk)
      }
    }
  }

  #wait(spanUs: number, connection: Connection, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#time.callOff(due)
        reject(notConnected())
      }
      const due = this.#time.after(spanUs, () => {
        signal.removeEventListener('abort', onAbort)
        const { a, b } = connection
        const isOpen = !connection.broken && !this.weather.isCut(a.place, b.place)
        if (isOpen && !this.weather.isCut(b.place, a.place)) resolve()
        else reject(notConnected())
      })
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Of one agent, or of two of them: dice that do not depend on whoever else there is. */
  #diceOf(wire: Wire, other: Wire = wire): Random {
    const name = `${Math.min(wire.id, other.id)}-${Math.max(wire.id, other.id)}`
    const known = this.#dice.get(name) ?? stream(this.#seed, 'meet', name)
    this.#dice.set(name, known)
    return known
  }

  #few(wire: Wire, others: readonly Wire[]): readonly Wire[] {
    const random = this.#diceOf(wire)
    const few = new Set<Wire>()
    const want = Math.min(ENOUGH, others.length)
    while (few.size < want) few.add(random.pick(others))
    return [...few]
  }

  #attemptOf(wire: Wire, other: Wire): { failures: number; pending: boolean } {
    const of = this.#attempts.get(wire) ?? new Map<Wire, { failures: number; pending: boolean }>()
    this.#attempts.set(wire, of)
    const attempt = of.get(other) ?? { failures: 0, pending: false }
    of.set(other, attempt)
    return attempt
  }

  #again(wire: Wire, other: Wire): void {
    this.#time.after(this.#diceOf(wire, other).between(20_000, 250_000), () => this.#try(wire, other))
  }

  #soon(wire: Wire, other: Wire, leastUs = 1_000): void {
    const attempt = this.#attemptOf(wire, other)
    if (attempt.pending) return
    attempt.pending = true
    this.#time.after(leastUs + this.#diceOf(wire, other).below(30_000), () => this.#try(wire, other))
  }

  #try(wire: Wire, other: Wire): void {
    if (!wire.isUp || !other.isUp) {
      this.#attempts.get(wire)?.delete(other)
      return
    }
    const attempt = this.#attemptOf(wire, other)
    attempt.pending = false
    if (this.#between.get(wire)?.has(other) === true) {
      attempt.failures = 0
      return
    }
    // Who comes back is believed before its old connection is noticed to be dead; of two with one key the first stays.
    if (wire.isTakenBy(other) || other.isTakenBy(wire)) {
      this.#soon(wire, other, 500_000)
      return
    }
    if (this.weather.isCut(wire.place, other.place) || this.weather.isCut(other.place, wire.place)) {
      attempt.failures += 1
      attempt.pending = true
      const backoffUs = Math.min(LONGEST_BACKOFF_US, 100_000 * 2 ** attempt.failures)
      this.#time.after(backoffUs, () => this.#try(wire, other))
      return
    }
    attempt.failures = 0
    this.#connect(wire, other)
  }

  #connect(a: Wire, b: Wire): void {
    const { plan } = this.weather.link(a.place, b.place)
    const oneWay = plan.delayUs + this.#diceOf(a, b).below(plan.jitterUs + 1)
    const aUp = this.now + 2 * oneWay
    const bUp = this.now + 3 * oneWay
    const connection = new Connection(this.#ground, a, b, [aUp + 1, bUp + 1])
    this.#connections.add(connection)
    this.#pair(a, b, connection)
    this.#pair(b, a, connection)
    const gossipAt = bUp + oneWay
    this.#time.at(aUp, () => a.connected(connection, 2 * oneWay, gossipAt))
    this.#time.at(bUp, () => b.connected(connection, 2 * oneWay, gossipAt))
  }

  #pair(wire: Wire, other: Wire, connection: Connection): void {
    const of = this.#between.get(wire) ?? new Map<Wire, Connection>()
    this.#between.set(wire, of.set(other, connection))
  }

  #unpair(wire: Wire, other: Wire): void {
    const of = this.#between.get(wire)
    of?.delete(other)
    if (of?.size === 0) this.#between.delete(wire)
  }

  #parted(connection: Connection): void {
    const { a, b } = connection
    this.#connections.delete(connection)
    this.#unpair(a, b)
    this.#unpair(b, a)
    if (a.isUp && b.isUp) this.#soon(a, b)
    else this.#turnToAnother(a, b)
  }

  /** In a large network who has lost one looks for another. */
  #turnToAnother(a: Wire, b: Wire): void {
    if (this.#count <= DIAL_ALL) return
    for (const wire of [a, b]) {
      if (!wire.isUp || wire.connections.length >= ENOUGH) continue
      const others = [...this.#wires].filter((other) => other.key !== wire.key)
      if (others.length > 0) this.#soon(wire, this.#diceOf(wire).pick(others))
    }
  }
}
