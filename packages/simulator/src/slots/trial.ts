import { type Ballot, type CountedVote } from '@haggle/core'
import type { RecordId } from '@haggle/protocol'
import type { Random } from '../random.ts'
import { SlotAgenda } from './agenda.ts'
import { Liar } from './liar.ts'
import { Parties } from './parties.ts'
import type { Away, TrialPlan } from './plan.ts'
import { DELTA, DUE, GRACE, keyOf, panelIn, recordOf, slots, type Setting, type SlotName } from './setting.ts'
import { Witness, type Message, type Surroundings } from './witness.ts'

/** What one trial left behind: everything that was signed, and what each honest member had in time. */
export interface Trace {
  readonly setting: Setting
  readonly plan: TrialPlan
  /** By honest members and by liars that chose to. */
  readonly votes: readonly CountedVote[]
  /** What the liars could have signed besides. */
  readonly possible: readonly CountedVote[]
  readonly honest: ReadonlySet<string>
  /** By record: the honest members that it came to in time, and those that ever had its bytes. */
  readonly reached: ReadonlyMap<RecordId, ReadonlySet<number>>
  readonly held: ReadonlyMap<RecordId, ReadonlySet<number>>
}

/** Runs one trial to its end. */
export function runTrial(setting: Setting, plan: TrialPlan, random: Random): Trace {
  return new Trial(setting, plan, random).run()
}

class Trial {
  readonly #setting: Setting
  readonly #plan: TrialPlan
  readonly #random: Random
  readonly #agenda = new SlotAgenda()
  readonly #members: readonly (Witness | Liar)[]
  readonly #parties: Parties
  readonly #votes: CountedVote[] = []
  readonly #reached = new Map<RecordId, Set<number>>()
  readonly #held = new Map<RecordId, Set<number>>()
  readonly #woken = new Set<string>()
  #signed = 0

  constructor(setting: Setting, plan: TrialPlan, random: Random) {
    this.#setting = setting
    this.#plan = plan
    this.#random = random
    const around = this.#surroundings()
    this.#members = plan.members.map((member, index) =>
      member.strategy === null || member.strategy === 'clock'
        ? new Witness(index, member, around)
        : new Liar(index, member.strategy, around, random, plan.members),
    )
    const carry = (to: number, message: Message, safely: boolean, arrivesAt?: number): void =>
      this.#carry(to, message, safely, arrivesAt)
    this.#parties = new Parties(setting, plan, this.#agenda, random, carry)
  }

  run(): Trace {
    for (const [index, { away }] of this.#plan.members.entries())
      if (away !== null) this.#agenda.at(away.until, () => this.#restart(index))
    this.#parties.begin()
    this.#agenda.run()
    return {
      ...{ setting: this.#setting, plan: this.#plan, votes: this.#votes, reached: this.#reached },
      held: this.#held,
      possible: this.#possible(),
      honest: new Set(this.#plan.members.flatMap(({ strategy }, at) => (strategy === null ? [keyOf(at)] : []))),
    }
  }

  #surroundings(): Surroundings {
    return {
      setting: this.#setting,
      now: () => this.#agenda.now,
      sign: (by, slot, ballot) => {
        const vote = this.#voteOf(by, slot, ballot)
        this.#votes.push(vote)
        return vote
      },
      tell: (by, message) => {
        for (const to of this.#plan.members.keys()) if (to !== by) this.#carry(to, message, false)
        if (!this.#isLost(false)) this.#later(() => this.#parties.heard(message))
      },
      tellOne: (_, to, message, arrivesAt) => this.#carry(to, message, arrivesAt !== undefined, arrivesAt),
      forward: (by, message) => {
        if (!this.#isLost(false)) this.#later(() => this.#parties.asked(by, message))
      },
      wake: (by, at) => this.#wake(by, at),
      wasPresent: (member, from, until) => this.#wasPresent(member, from, until),
      reached: (member, record) => this.#note(this.#reached, member, record),
      holds: (member, record) => this.#note(this.#held, member, record),
    }
  }

  #note(of: Map<RecordId, Set<number>>, member: number, record: RecordId): void {
    if (this.#plan.members[member]?.strategy !== null) return
    const known = of.get(record)
    if (known === undefined) of.set(record, new Set([member]))
    else known.add(member)
  }

  #wake(by: number, at: number): void {
    const name = `${by}/${at}`
    if (this.#woken.has(name)) return
    this.#woken.add(name)
    this.#agenda.at(at, () => {
      const member = this.#members[by]
      if (member instanceof Witness && this.#isUp(by)) member.decide()
    })
  }

  #restart(index: number): void {
    const member = this.#members[index]
    if (member instanceof Witness) member.restart()
    for (const [other, each] of this.#members.entries()) {
      if (other === index || !(each instanceof Witness) || !this.#isUp(other)) continue
      each.greet(index)
      if (member instanceof Witness) member.greet(other)
    }
  }

  #carry(to: number, message: Message, safely: boolean, arrivesAt?: number): void {
    if (this.#isLost(safely)) return
    // Bytes are fetched on a way of their own, which can fail while the vote gets through.
    const isCut = message.kind === 'vote' && this.#random.permille(3 * this.#plan.loss)
    const heard = isCut ? { ...message, bytes: false } : message
    const arrive = (): void => {
      if (this.#isUp(to)) this.#members[to]?.hear(heard)
    }
    if (arrivesAt === undefined) this.#later(arrive)
    else this.#agenda.at(arrivesAt, arrive)
  }

  #later(act: () => void): void {
    this.#agenda.at(this.#agenda.now + this.#random.between(0, DELTA), act)
  }

  #isLost(safely: boolean): boolean {
    return !safely && this.#random.permille(this.#plan.loss)
  }

  #isUp(member: number): boolean {
    const away = this.#plan.members[member]?.away ?? null
    return away === null || this.#agenda.now < away.from || this.#agenda.now >= away.until
  }

  /**
   * Who restarted since knows nothing of that span any more. A panel of one has no other member: there the asker is who is
   * connected.
   */
  #wasPresent(member: number, from: number, until: number): boolean {
    const wasUp = (away: Away | null, end: number): boolean => away === null || away.until <= from || away.from > end
    if (!wasUp(this.#plan.members[member]?.away ?? null, this.#agenda.now)) return false
    if (this.#setting.n === 1) return true
    return this.#plan.members.some(({ away }, at) => at !== member && wasUp(away, until))
  }

  #voteOf(by: number, slot: SlotName, { verdict, names, at }: Ballot): CountedVote {
    this.#signed += 1
    const { contract, generation } = panelIn(this.#setting)
    const id = this.#signed.toString(16).padStart(64, '0')
    return {
      // Any 32 bytes serve as an id where nothing is hashed.
      id: id as RecordId,
      author: keyOf(by),
      body: { at, contract, generation, slot: slots[slot], verdict, names, due: DUE, newest: contract },
    }
  }

  /** Of each liar a vote of every kind: what it might still show to somebody, some day. */
  #possible(): CountedVote[] {
    const at = DUE + 3 * GRACE
    return this.#plan.members.flatMap(({ strategy }, index) => {
      if (strategy === null) return []
      const named = [recordOf('d', 0), recordOf('d', 1), recordOf('f', 0)]
      return [
        ...named.map((names) => this.#voteOf(index, 'delivery', { verdict: 'timely', names, at: DUE })),
        ...named.map((names) => this.#voteOf(index, 'delivery', { verdict: 'late', names, at })),
        this.#voteOf(index, 'delivery', { verdict: 'absent', names: recordOf('a', 0), at }),
        this.#voteOf(index, 'lease', { verdict: 'timely', names: recordOf('e', 0), at }),
        this.#voteOf(index, 'lease', { verdict: 'absent', names: recordOf('c', 0), at }),
      ]
    })
  }
}
