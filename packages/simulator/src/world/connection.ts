import type { Time } from './time.ts'
import type { Weather } from './weather.ts'
import type { Wire } from './wire.ts'

/** Frames that wait for one peer; beyond it `send` says no. */
const QUEUE = 1_024
/** What one direction carries, in bytes per microsecond. */
const BYTES_PER_US = 20

/** What connections of a world share. */
export interface Ground {
  readonly time: Time
  readonly weather: Weather
  /** Called when a connection was given up, once both ends know. */
  readonly parted: (connection: Connection) => void
}

/** One connection between two processes: frames in order each way, until it breaks. */
export class Connection {
  readonly a: Wire
  readonly b: Wire
  /** Nothing passes any more, though an end may not have noticed yet. */
  broken = false
  readonly #ground: Ground
  readonly #there: Lane
  readonly #back: Lane
  #unaware = 2

  constructor(ground: Ground, a: Wire, b: Wire, upAt: readonly [number, number]) {
    this.a = a
    this.b = b
    this.#ground = ground
    this.#there = new Lane(ground, this, a, b, upAt[1])
    this.#back = new Lane(ground, this, b, a, upAt[0])
  }

  other(wire: Wire): Wire {
    return wire === this.a ? this.b : this.a
  }

  /** The way from one of the ends. */
  from(wire: Wire): Lane {
    return wire === this.a ? this.#there : this.#back
  }

  /** What was held back goes on its way. */
  release(): void {
    this.#there.release()
    this.#back.release()
  }

  /** Everything under way is lost; each end notices after its span. */
  break(aSpanUs: number, bSpanUs: number): void {
    if (this.broken) return
    this.broken = true
    this.#there.drop()
    this.#back.drop()
    this.#ground.time.after(aSpanUs, () => this.#notice(this.a, this.b))
    this.#ground.time.after(bSpanUs, () => this.#notice(this.b, this.a))
  }

  /** Frames that are not handled yet, both ways. */
  get underWay(): number {
    return this.#there.underWay + this.#back.underWay
  }

  #notice(wire: Wire, other: Wire): void {
    wire.lost(this, other)
    this.#unaware -= 1
    if (this.#unaware === 0) this.#ground.parted(this)
  }
}

/** One direction of a connection. */
export class Lane {
  readonly #ground: Ground
  readonly #connection: Connection
  readonly #from: Wire
  readonly #to: Wire
  readonly #upAt: number
  readonly #held: Uint8Array[] = []
  readonly #arrived: Uint8Array[] = []
  readonly #forRoom: ((isThere: boolean) => void)[] = []
  #lastAt = 0
  #handling = false
  underWay = 0

  constructor(ground: Ground, connection: Connection, from: Wire, to: Wire, upAt: number) {
    this.#ground = ground
    this.#connection = connection
    this.#from = from
    this.#to = to
    this.#upAt = upAt
  }

  /** False when the queue is full. */
  send(bytes: Uint8Array): boolean {
    if (this.underWay >= QUEUE) return false
    // The end that has not noticed speaks into the void.
    if (this.#connection.broken) return true
    const { weather } = this.#ground
    const { plan, random } = weather.link(this.#from.place, this.#to.place)
    if (plan.lossPpm > 0 && random.below(1_000_000) < plan.lossPpm) {
      // A stream of bytes does not lose a part of itself: it ends.
      this.#connection.break(random.between(1_000, 50_000), random.between(1_000, 400_000))
      return true
    }
    this.underWay += 1
    if (weather.isCut(this.#from.place, this.#to.place)) this.#held.push(bytes)
    else this.#launch(bytes)
    return true
  }

  /** Resolves when there is room: true, or false when the peer is gone. */
  room(): Promise<boolean> {
    if (this.#connection.broken) return Promise.resolve(false)
    if (this.underWay < QUEUE) return Promise.resolve(true)
    return new Promise((resolve) => this.#forRoom.push(resolve))
  }

  release(): void {
    if (this.#connection.broken || this.#ground.weather.isCut(this.#from.place, this.#to.place)) return
    for (const bytes of this.#held.splice(0)) this.#launch(bytes)
  }

  drop(): void {
    this.#held.length = 0
    this.#arrived.length = 0
    this.underWay = 0
    for (const resolve of this.#forRoom.splice(0)) resolve(false)
  }

  #launch(bytes: Uint8Array): void {
    const { time, weather } = this.#ground
    const { plan, random } = weather.link(this.#from.place, this.#to.place)
    const wayUs = plan.delayUs + random.below(plan.jitterUs + 1) + Math.ceil(bytes.length / BYTES_PER_US)
    // In order, and never before the other end knows of the connection.
    this.#lastAt = Math.max(this.#lastAt, time.now + wayUs, this.#upAt)
    time.at(this.#lastAt, () => this.#arrive(bytes))
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#connection.broken) return
    // What was on its way when the link was cut waits like everything after it.
    if (this.#ground.weather.isCut(this.#from.place, this.#to.place)) {
      this.#held.push(bytes)
      return
    }
    this.#arrived.push(bytes)
    this.#handle()
  }

  /** One frame after the other: the next is read when the one before was taken. */
  #handle(): void {
    if (this.#handling) return
    const bytes = this.#arrived.shift()
    if (bytes === undefined) return
    this.#handling = true
    const handled = (): void => {
      this.#handling = false
      if (this.#connection.broken) return
      this.underWay -= 1
      for (const resolve of this.#forRoom.splice(0)) resolve(true)
      this.#handle()
    }
    const taken = this.#to.receive(this.#from, bytes)
    if (taken === undefined) handled()
    else taken.then(handled, (error: unknown) => this.#to.broke(error))
  }
}
