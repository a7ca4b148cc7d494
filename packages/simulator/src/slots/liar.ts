import type { RecordId } from '@haggle/protocol'
import type { Random } from '../random.ts'
import type { MemberPlan } from './plan.ts'
import { DUE, GRACE, recordOf, type Strategy } from './setting.ts'
import type { Message, Surroundings } from './witness.ts'

/** A corrupt member: it knows everything that it is told, votes as often as it likes, and shows its votes to whom it likes. */
export class Liar {
  readonly index: number
  readonly #strategy: Strategy
  readonly #around: Surroundings
  readonly #random: Random
  /** The honest ones, with their clocks. */
  readonly #victims: readonly { readonly index: number; readonly plan: MemberPlan }[]
  readonly #known = new Set<RecordId>()
  #done = false

  constructor(index: number, strategy: Strategy, around: Surroundings, random: Random, members: readonly MemberPlan[]) {
    this.index = index
    this.#strategy = strategy
    this.#around = around
    this.#random = random
    this.#victims = members.map((plan, at) => ({ index: at, plan })).filter(({ plan }) => plan.strategy === null)
  }

  get known(): ReadonlySet<RecordId> {
    return this.#known
  }

  hear(message: Message): void {
    if (message.kind === 'push') this.#known.add(message.record)
    if (message.kind === 'vote' && message.record && message.vote.body.slot.duty === 'delivery')
      this.#known.add(message.vote.body.names)
    if (this.#done || message.kind === 'challenge' || message.kind === 'alive') return
    this.#act(message)
  }

  #act(message: Message): void {
    const isAsked = message.kind === 'ask'
    switch (this.#strategy) {
      case 'silent':
      case 'clock':
        return
      case 'absent':
        if (!isAsked) return
        this.#around.tell(this.index, this.#absent(message.id))
        break
      case 'timely':
        if (!isAsked && this.#known.size === 0) return
        this.#around.tell(this.index, this.#timely(true))
        break
      case 'hollow-echo':
        if (!isAsked) return
        this.#around.tell(this.index, this.#timely(false))
        break
      case 'both': {
        if (!isAsked) return
        const [timely, absent] = [this.#timely(true), this.#absent(message.id)]
        for (const { index } of this.#victims)
          this.#around.tellOne(this.index, index, this.#random.permille(500) ? timely : absent)
        break
      }
      case 'late-release':
        if (this.#known.size === 0) return
        this.#release()
    }
    this.#done = true
  }

  /** Shows the record at the very end of the time of one or two, who vote TIMELY when the others no longer can. */
  #release(): void {
    const chosen = this.#random.shuffled(this.#victims).slice(0, this.#random.between(1, 2))
    const timely = this.#timely(true)
    for (const { index, plan } of chosen) {
      const end = DUE + GRACE - plan.offset + this.#random.between(-2, 1)
      this.#around.tellOne(this.index, index, timely, end)
    }
  }

  #timely(withRecord: boolean): Message {
    const [known] = this.#known
    const names = known ?? recordOf('f', 0)
    const vote = this.#around.sign(this.index, 'delivery', { verdict: 'timely', names, at: DUE })
    const record = withRecord && known !== undefined
    return { kind: 'vote', vote, record, bytes: record }
  }

  #absent(ask: RecordId): Message {
    const at = DUE + 3 * GRACE
    const vote = this.#around.sign(this.index, 'delivery', { verdict: 'absent', names: ask, at })
    return { kind: 'vote', vote, record: false, bytes: false }
  }
}
