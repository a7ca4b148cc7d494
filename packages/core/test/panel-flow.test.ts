import type { RecordId } from '@haggle/protocol'
import { judge, type Verdict } from '@haggle/core'
import { describe, expect, test } from 'vitest'
import type { Hand } from './bench/hand.ts'
import { ACK, DURATION, GRACE, hashOf, Scene } from './bench/scene.ts'

const N = 4
/** When everything that a missed duty can lead to is over. */
const OVER = 120_000

/** A requester, a worker and six more agents, all of which witness: panels have four members. */
class Network extends Scene {
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
  verdict(hand: Hand, contract: RecordId): Verdict | undefined {
    const ports = { payload: () => undefined, checkResult: () => ({ kind: 'unknown' }) as const }
    const { task } = this.requester.contract(contract)
    return judge(hand.engine.records(task), ports).find((each) => each.contract === contract)
  }
}

function all(...votes: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: N }, () => votes)
}

describe('a panel of four beside two parties', () => {
  test('WIT-13 hears nothing of a contract that goes well', () => {
    const network = new Network()
    const contract = network.settled()
    expect(network.members(contract)).toHaveLength(N)
    expect(network.messages(contract)).toBe(0)
    // Later its evidence goes round like that of all contracts, and calls nobody.
    network.bench.pass(OVER)
    expect(network.votes(contract)).toEqual(all())
    for (const member of network.members(contract)) expect(member.engine.memory().watches.size).toBe(0)
  })

  test('WIT-16 certifies that nothing was delivered: the worker is convicted by a file that anybody can read', () => {
    const network = new Network()
    const contract = network.opened()
    network.untilDue(contract)
    network.bench.pass(3 * GRACE + ACK)
    expect(network.votes(contract)).toEqual(all('absent delivery'))
    expect(network.messages(contract)).toBeLessThanOrEqual(N * N + 3 * N)
    network.bench.pass(OVER)
    expect(network.votes(contract)).toEqual(all('absent delivery'))
    for (const hand of [network.requester, network.worker]) {
      expect(network.verdict(hand, contract)).toMatchObject({
        ...{ end: 'breached', fault: 'NO_DELIVERY', party: network.worker.key, grade: 'witnessed', slash: 1_000_000 },
      })
    }
  })

  test('WIT-20 certifies that a worker is gone, three times, before it certifies that it did not deliver', () => {
    const network = new Network()
    const contract = network.opened()
    network.bench.pass(ACK)
    network.cut(network.worker)
    network.bench.pass(DURATION + OVER)
    expect(network.votes(contract)).toEqual(all('absent lease', 'absent lease', 'absent lease', 'absent delivery'))
    expect(network.requester.contract(contract).outcome).toMatchObject({ fault: 'NO_DELIVERY' })
  })

  test('WIT-15 clears a worker that delivers at its due to a requester that cannot be reached', () => {
    const network = new Network()
    const contract = network.opened()
    network.untilDue(contract)
    network.bench.part(network.requester, network.worker)
    network.bench.loses = ({ to, from }) => to === network.requester || from === network.requester
    network.deliver(contract)
    network.bench.pass(GRACE)
    expect(network.votes(contract)).toEqual(all('timely delivery'))
    expect(network.messages(contract)).toBeLessThanOrEqual(N * N + 3 * N)
    expect(network.verdict(network.worker, contract)).toMatchObject({ fault: null })
  })

  test('WIT-23 brings the delivery to a requester that only its panel still reaches', () => {
    const network = new Network()
    const contract = network.opened()
    network.untilDue(contract)
    network.bench.part(network.requester, network.worker)
    network.deliver(contract)
    network.bench.pass(ACK + GRACE)
    const [first] = network.members(contract)
    expect(network.requester.fetched).toContain(first?.key)
    expect(network.requester.contract(contract).state).toBe('awaiting-review')
    expect(network.requester.contract(contract).result?.hash).toBe(hashOf('result'))
  })

  test('WIT-16 certifies that a review never came: the worker keeps its word, the requester pays', () => {
    const network = new Network()
    const contract = network.opened()
    network.cut(network.requester)
    network.deliver(contract)
    network.bench.pass(OVER)
    expect(network.votes(contract)).toEqual(all('timely delivery', 'absent review'))
    expect(network.verdict(network.worker, contract)).toMatchObject({
      ...{ end: 'settled', fault: 'SILENT_REVIEW', party: network.requester.key, grade: 'witnessed', slash: 250_000 },
    })
  })

  test('WIT-03 decides with one member away, and not with two', () => {
    for (const [away, votes] of [
      [1, 3],
      [2, 2],
    ] as const) {
      const network = new Network()
      const contract = network.opened()
      for (const member of network.members(contract).slice(0, away)) network.cut(member)
      network.bench.pass(DURATION + OVER)
      expect(network.votes(contract).filter((each) => each.length > 0)).toHaveLength(votes)
      expect(network.verdict(network.requester, contract)?.fault ?? null).toBe(votes >= 3 ? 'NO_DELIVERY' : null)
    }
  })
})
