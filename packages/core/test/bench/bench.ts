import {
  createRecord,
  type AgentKey,
  type BodyOf,
  type HaggleRecord,
  type RecordId,
  type RecordType,
} from '@haggle/protocol'
import { fakeSign, keyOf, networkId } from '../world/identity.ts'
import { Hand } from './hand.ts'

/** A record as the owner of a key can make it, whatever an honest engine would think of it. */
export function signAs<T extends RecordType>(author: AgentKey, type: T, body: BodyOf<T>): HaggleRecord<T> {
  return createRecord(type, body, { networkId, author, sign: fakeSign(author) })
}

/** Keys of people without an engine. */
export const strangers: readonly AgentKey[] = Array.from({ length: 256 }, (_, n) => keyOf(9, n))
export const [mallory = keyOf(9, 0)] = strangers

/** An id that names no record of any bench: any hash is one. */
export const nothing = mallory as string as RecordId

/** What one hand sent to another, or a frame of it, under way. */
export interface Parcel {
  readonly from: Hand
  readonly to: Hand
  readonly carry: () => void
  readonly record: HaggleRecord | null
  /** Said to everybody. */
  readonly isGossip?: boolean
}

/** Engines on one table: one clock for all, mail that moves when the test says so, and nothing random. */
export class Bench {
  readonly hands: Hand[] = []
  readonly mail: Parcel[] = []
  readonly #parted = new Set<string>()
  /** Mail that this says yes to is lost. */
  loses: (parcel: Parcel) => boolean = () => false
  time = 1_750_000_000_000

  hand(): Hand {
    const hand = new Hand(this, keyOf(8, this.hands.length))
    this.hands.push(hand)
    return hand
  }

  meet(...hands: readonly Hand[]): void {
    const pairs = hands.flatMap((one) => hands.filter((other) => one !== other).map((other) => [one, other] as const))
    for (const [one, other] of pairs) this.#parted.delete(way(one, other))
    for (const [one, other] of pairs) one.peerUp(other.key)
    this.deliver()
  }

  part(one: Hand, other: Hand): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#parted.add(way(from, to))
      from.peerDown(to.key)
    }
  }

  /** False once two have parted: what is sent straight from one to the other goes nowhere until they meet again. */
  reaches(from: Hand, to: Hand): boolean {
    return !this.#parted.has(way(from, to))
  }

  post(parcel: Parcel): void {
    if (!this.loses(parcel)) this.mail.push(parcel)
  }

  /** Carries mail, and what it causes, until none is left. */
  deliver(): void {
    for (let count = 0; ; count += 1) {
      if (count === 20_000) throw new Error('the mail does not come to rest')
      const parcel = this.mail.shift()
      if (parcel === undefined) return
      parcel.carry()
    }
  }

  /** Lets time pass, alarm by alarm, with the mail delivered at once. */
  pass(spanMs: number): void {
    const end = this.time + spanMs
    this.deliver()
    for (let count = 0; ; count += 1) {
      if (count === 20_000) throw new Error(`alarms without end at ${this.time}`)
      const wakes = this.hands.flatMap((hand) => hand.wakeTime() ?? [])
      const next = Math.min(...wakes)
      if (next > end) break
      if (next > this.time) this.time = next
      for (const hand of this.hands) if ((hand.wakeTime() ?? Infinity) <= this.time) hand.alarm()
      this.deliver()
    }
    this.time = end
  }
}

function way(from: Hand, to: Hand): string {
  return `${from.key} ${to.key}`
}
