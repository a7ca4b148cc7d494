import type { AgentKey, RecordId } from '@haggle/protocol'
import type { Random } from '../random.ts'
import type { SlotAgenda } from './agenda.ts'
import type { TrialPlan } from './plan.ts'
import { ACK, DELTA, DUE, ECHO_WAIT, GRACE, keyOf, quorumsIn, recordOf, type Setting } from './setting.ts'
import type { Message } from './witness.ts'

/** How often an ask, or a challenge, is said again to who has not answered. */
const REPEATS = 8
/** How long a late worker goes on pushing. */
const LATE_PUSH = 600

/** The worker and the requester of one trial, honest or not. */
export class Parties {
  readonly #setting: Setting
  readonly #plan: TrialPlan
  readonly #agenda: SlotAgenda
  readonly #random: Random
  readonly #carry: (to: number, message: Message, safely: boolean, arrivesAt?: number) => void
  /** The members whose TIMELY or LATE the worker holds, and whose vote the requester holds. */
  readonly #certified = new Set<AgentKey>()
  readonly #answered = new Set<AgentKey>()

  constructor(
    setting: Setting,
    plan: TrialPlan,
    agenda: SlotAgenda,
    random: Random,
    carry: (to: number, message: Message, safely: boolean, arrivesAt?: number) => void,
  ) {
    this.#setting = setting
    this.#plan = plan
    this.#agenda = agenda
    this.#random = random
    this.#carry = carry
  }

  begin(): void {
    const { worker, requester } = this.#plan
    const { kind } = worker
    if ((kind === 'in-time' && !requester.receipted) || kind === 'late')
      this.#agenda.at(worker.at - worker.offset, () => this.#push())
    if (kind === 'hug' || kind === 'liars') this.#agenda.at(DUE - 2 * GRACE, () => this.#cheat())
    const { asksAt, challengesAt } = requester
    if (asksAt !== null) this.#agenda.at(asksAt - requester.offset, () => this.#ask(asksAt, REPEATS))
    if (challengesAt !== null) this.#agenda.at(challengesAt, () => this.#challenge(REPEATS))
  }

  /** A vote came to the parties. */
  heard(message: Message): void {
    if (message.kind !== 'vote' || message.vote.body.slot.duty !== 'delivery') return
    const { author, body } = message.vote
    if (body.verdict !== 'absent') this.#certified.add(author)
    // LATE stands beside the answer to an ask and is none.
    if (body.verdict !== 'late') this.#answered.add(author)
  }

  /** A member passed on what it was asked: an honest worker shows what it has, or that it lives. */
  asked(by: number, message: Message): void {
    const { worker, requester } = this.#plan
    if (message.kind === 'challenge') {
      if (!worker.answersChallenges) return
      this.#toAll(() => ({ kind: 'alive', record: recordOf('e', 0) }), false)
      return
    }
    const hasIt = worker.kind === 'in-time' || (worker.kind === 'late' && this.#agenda.now >= worker.at - worker.offset)
    if (!hasIt) return
    this.#carry(by, this.#pushOf(recordOf('d', 0), requester.receipted), false)
  }

  #push(): void {
    const { worker } = this.#plan
    const wall = this.#agenda.now + worker.offset
    const until = worker.kind === 'late' ? worker.at + LATE_PUSH : DUE + GRACE + ECHO_WAIT
    if (wall > until || this.#certified.size >= quorumsIn(this.#setting).timely) return
    for (const index of this.#plan.members.keys()) {
      if (!this.#certified.has(keyOf(index))) this.#carry(index, this.#pushOf(recordOf('d', 0), false), !worker.lossy)
    }
    this.#agenda.at(this.#agenda.now + ACK, () => this.#push())
  }

  /** Liars get the delivery at once; of the honest ones some get it at the border of their time, some with its bytes, some another one. */
  #cheat(): void {
    const { worker, members } = this.#plan
    for (const [index, member] of members.entries()) {
      if (member.strategy !== null) {
        this.#carry(index, this.#pushOf(recordOf('d', 0), false), true)
        continue
      }
      if (worker.kind === 'liars' || this.#random.permille(400)) continue
      const record = recordOf('d', worker.forks ? this.#random.below(2) : 0)
      const border = DUE + GRACE - member.offset + this.#random.between(-2, 2)
      const bytes = this.#random.permille(800)
      this.#carry(index, { ...this.#pushOf(record, false), bytes }, true, border)
      if (!bytes) this.#carry(index, this.#pushOf(record, false), true, border + this.#random.between(0, 2 * DELTA))
    }
  }

  #ask(at: number, left: number): void {
    const { twoAsks } = this.#plan.requester
    for (const index of this.#plan.members.keys()) {
      if (this.#answered.has(keyOf(index))) continue
      this.#carry(index, { kind: 'ask', id: recordOf('a', twoAsks ? index % 2 : 0), at }, false)
    }
    if (left > 0) this.#agenda.at(this.#agenda.now + ACK, () => this.#ask(at, left - 1))
  }

  #challenge(left: number): void {
    this.#toAll(() => ({ kind: 'challenge', id: recordOf('c', 0) }), false)
    if (left > 0) this.#agenda.at(this.#agenda.now + ACK, () => this.#challenge(left - 1))
  }

  #toAll(message: () => Message, safely: boolean): void {
    for (const index of this.#plan.members.keys()) this.#carry(index, message(), safely)
  }

  #pushOf(record: RecordId, receipted: boolean): Message & { readonly kind: 'push' } {
    return { kind: 'push', record, bytes: true, receipted }
  }
}
