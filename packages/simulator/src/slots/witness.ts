import {
  decideSlot,
  decisionDue,
  newSlot,
  noteAcknowledged,
  noteArrival,
  noteBytes,
  noteEcho,
  takeAsk,
  takeChallenge,
  type Ballot,
  type CountedVote,
  type Sight,
  type SlotMemory,
} from '@haggle/core'
import type { RecordId } from '@haggle/protocol'
import type { MemberPlan } from './plan.ts'
import { DELTA, rulesIn, type Setting, type SlotName } from './setting.ts'

/** What is said to a member. */
export type Message =
  | { readonly kind: 'push'; readonly record: RecordId; readonly bytes: boolean; readonly receipted: boolean }
  | { readonly kind: 'ask'; readonly id: RecordId; readonly at: number }
  | { readonly kind: 'challenge'; readonly id: RecordId }
  | { readonly kind: 'alive'; readonly record: RecordId }
  /** `record`: what it names comes along; `bytes`: its bytes as well. */
  | { readonly kind: 'vote'; readonly vote: CountedVote; readonly record: boolean; readonly bytes: boolean }

/** What a member reaches of the rest of the trial. */
export interface Surroundings {
  readonly setting: Setting
  readonly now: () => number
  readonly sign: (by: number, slot: SlotName, ballot: Ballot) => CountedVote
  /** To every other member, and to the parties. */
  readonly tell: (by: number, message: Message) => void
  /** `arrivesAt`: a liar chooses its moment. */
  readonly tellOne: (by: number, to: number, message: Message, arrivesAt?: number) => void
  /** An ask or a challenge goes on to the worker. */
  readonly forward: (by: number, message: Message) => void
  readonly wake: (by: number, at: number) => void
  /** Whether this member ran, with another one connected, all through a span of true time. */
  readonly wasPresent: (member: number, from: number, until: number) => boolean
  /** A record and its bytes came in time, by this member's clock. */
  readonly reached: (member: number, record: RecordId) => void
  /** This member has the bytes of a record. */
  readonly holds: (member: number, record: RecordId) => void
}

/** How long the bytes of a delivery may take to follow it. */
const TRANSFER = DELTA

/** A member that keeps to the rules, as `core` has them. */
export class Witness {
  readonly index: number
  readonly #plan: MemberPlan
  readonly #around: Surroundings
  readonly #rules: ReturnType<typeof rulesIn>
  #memory: Readonly<Record<SlotName, SlotMemory>> = { delivery: newSlot(), lease: newSlot() }
  /** Its own votes: durable. */
  readonly #votes: { readonly vote: CountedVote; readonly slot: SlotName }[] = []

  constructor(index: number, plan: MemberPlan, around: Surroundings) {
    this.index = index
    this.#plan = plan
    this.#around = around
    this.#rules = rulesIn(around.setting)
  }

  /** What it saw is gone, what it signed is not. */
  restart(): void {
    const forgets = this.#around.setting.variant === 'vote-after-restart'
    const { delivery, lease } = this.#memory
    const kept = ({ main, late }: SlotMemory): SlotMemory => ({ ...newSlot(), ...(forgets ? {} : { main, late }) })
    this.#memory = { delivery: kept(delivery), lease: kept(lease) }
  }

  /** To a member that came back: what was voted here. */
  greet(to: number): void {
    for (const { vote } of this.#votes) this.#around.tellOne(this.index, to, this.#withRecord(vote))
  }

  hear(message: Message): void {
    const { delivery, lease } = this.#memory
    const now = this.#now()
    switch (message.kind) {
      case 'push':
        this.#arrived(message.record, true, message.bytes)
        if (message.receipted) noteAcknowledged(delivery, message.record)
        break
      case 'alive':
        noteArrival(lease, message.record, { at: now.wall, mono: now.mono, pushed: true, transferMs: null })
        break
      case 'ask':
        if (takeAsk(delivery, this.#rules.delivery, message, now) === 'taken') this.#around.forward(this.index, message)
        break
      case 'challenge':
        if (takeChallenge(lease, this.#rules.lease, message.id, now) === 'taken')
          this.#around.forward(this.index, message)
        break
      case 'vote':
        this.#hearVote(message)
    }
    this.decide()
  }

  decide(): void {
    // The delivery first: what is held of it answers a challenge as well.
    this.#decide('delivery')
    this.#decide('lease')
  }

  #hearVote({ vote, record, bytes }: Extract<Message, { kind: 'vote' }>): void {
    const { verdict, names, slot } = vote.body
    if (slot.duty === 'lease') {
      const { wall, mono } = this.#now()
      const isAlive = verdict === 'timely' && record && names.startsWith('e')
      if (isAlive) noteArrival(this.#memory.lease, names, { at: wall, mono, pushed: false, transferMs: null })
      return
    }
    const isHollow = this.#around.setting.variant === 'echo-without-bytes' && verdict === 'timely'
    if (record || isHollow) this.#arrived(names, false, bytes)
    if (isHollow) noteBytes(this.#memory.delivery, names, this.#now().mono)
    if (verdict === 'timely') noteEcho(this.#memory.delivery, vote.author, names)
  }

  #arrived(record: RecordId, pushed: boolean, bytes: boolean): void {
    const { delivery } = this.#memory
    const { wall, mono } = this.#now()
    noteArrival(delivery, record, { at: wall, mono, pushed, transferMs: TRANSFER })
    if (!bytes) return
    noteBytes(delivery, record, mono)
    this.#around.holds(this.index, record)
    const { due, graceMs } = this.#rules.delivery
    const arrival = delivery.arrivals.get(record)
    const isInTime = arrival !== undefined && arrival.at <= due + graceMs && (arrival.heldAt ?? 0) <= arrival.bytesBy
    if (isInTime) this.#around.reached(this.index, record)
  }

  #decide(slot: SlotName): void {
    const memory = this.#memory[slot]
    for (const ballot of decideSlot(memory, this.#rules[slot], this.#now(), this.#sight())) {
      if (ballot.verdict === 'late') memory.late = true
      else memory.main = ballot.verdict
      const vote = this.#around.sign(this.index, slot, ballot)
      this.#votes.push({ vote, slot })
      this.#around.tell(this.index, this.#withRecord(vote))
    }
    const due = decisionDue(memory)
    if (due !== null) this.#around.wake(this.index, due)
  }

  #withRecord(vote: CountedVote): Message {
    const { verdict, names, slot } = vote.body
    const known = this.#memory[slot.duty === 'lease' ? 'lease' : 'delivery'].arrivals.get(names)
    const record = verdict !== 'absent' && known !== undefined
    return { kind: 'vote', vote, record, bytes: record && known.heldAt !== null }
  }

  #sight(): Sight {
    const { delivery, lease } = this.#memory
    const { offset } = this.#plan
    const timely = this.#votes.find(({ slot, vote }) => slot === 'delivery' && vote.body.verdict === 'timely')
    const held = [...delivery.arrivals].find(([, { heldAt }]) => heldAt !== null)
    return {
      mayVote: true,
      isBarred: lease.main === 'absent',
      answer: held?.[0] ?? (delivery.main === 'timely' ? (timely?.vote.body.names ?? null) : null),
      wasPresent: (from, until) =>
        this.#around.setting.variant === 'vote-after-restart' ||
        this.#around.wasPresent(this.index, from - offset, until - offset),
    }
  }

  #now(): { wall: number; mono: number } {
    const now = this.#around.now()
    return { wall: now + this.#plan.offset, mono: now }
  }
}
