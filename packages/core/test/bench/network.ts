import type { RecordId } from '@haggle/protocol'
import { judge, type JudgePorts, type Verdict } from '@haggle/core'
import type { Hand } from './hand.ts'
import { Scene } from './scene.ts'

/** Members of the panels of such a network. */
export const MEMBERS = 4

/** A requester, a worker and six more agents, all of which witness: panels have four members. */
export class Network extends Scene {
  readonly others: readonly Hand[] = Array.from({ length: 6 }, () => this.bench.hand())

  constructor() {
    super()
    this.bench.meet(...this.all)
    for (const hand of this.all) hand.command({ kind: 'witness', maxBytes: 1_000_000 })
    this.bench.deliver()
    for (const { letters } of this.all) letters.length = 0
  }

  get all(): readonly Hand[] {
    return [this.requester, this.worker, ...this.others]
  }

  members(contract: RecordId): readonly Hand[] {
    const award = this.requester.all('award').find(({ id }) => id === contract)
    return this.others.filter(({ key }) => award?.body.panel.includes(key))
  }

  /** One hand is cut off from all others. */
  cut(hand: Hand): void {
    for (const other of this.all) if (other !== hand) this.bench.part(hand, other)
  }

  untilDue(contract: RecordId): void {
    const due = this.requester.contract(contract).due ?? this.bench.time
    this.bench.pass(due - this.bench.time)
  }

  /** Each vote of each member, in words, once for all who say the same. */
  votes(contract: RecordId): readonly (readonly string[])[] {
    return this.members(contract).map((member) =>
      member.all('vote').map(({ body }) => `${body.verdict} ${body.slot.duty}`),
    )
  }

  /** Messages between the parties and the panel, and within the panel, so far. */
  messages(contract: RecordId): number {
    const members = this.members(contract)
    const keys = new Set(members.map(({ key }) => key))
    const toPanel = [this.requester, this.worker].flatMap(({ letters }) => letters.filter((to) => keys.has(to)))
    return toPanel.length + members.reduce((sum, { letters }) => sum + letters.length, 0)
  }

  /** What anybody makes of the file that this hand can show. */
  verdict(hand: Hand, contract: RecordId, ports: JudgePorts = withoutBytes): Verdict | undefined {
    const { task } = this.requester.contract(contract)
    return judge(hand.engine.records(task), ports).find((each) => each.contract === contract)
  }
}

const withoutBytes: JudgePorts = { payload: () => undefined, checkResult: () => ({ kind: 'unknown' }) }
