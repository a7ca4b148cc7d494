import { describe, expect, test } from 'vitest'
import { MEMBERS as N, Network } from './bench/network.ts'
import { ACK, DURATION, GRACE, hashOf } from './bench/scene.ts'

/** When everything that a missed duty can lead to is over. */
const OVER = 120_000

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

  test('TIME-23 lets a worker begin its next milestone, or its revision, before the receipt that starts its clock', () => {
    const network = new Network()
    const acceptance = { kind: 'requester' } as const
    const milestones = [0, 1].map((m) => ({ name: `m${m}`, durationMs: DURATION, valuePermille: 500, acceptance }))
    const contract = network.delivered({ milestones, revisions: 1 })
    const { requester, worker } = network
    const asked = (): unknown => worker.requests.filter(({ kind }) => kind === 'work').at(-1)
    network.approve(contract)
    const due = network.bench.time + DURATION
    expect(asked()).toMatchObject({ milestone: 1, revision: 0, due })
    network.deliver(contract, 1)
    requester.command({ kind: 'reject', contract, milestone: 1, reason: 'opinion', note: 'once more' })
    network.bench.deliver()
    expect(asked()).toMatchObject({ milestone: 1, revision: 1, due: network.bench.time + DURATION / 2 })
    network.deliver(contract, 1)
    network.approve(contract, 1)
    expect(requester.contract(contract).outcome).toMatchObject({ end: 'settled' })
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
