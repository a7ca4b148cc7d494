import { describe, expect, test } from 'vitest'
import { exposureUntil, profiles } from '../src/contract/timing.ts'
import { Bench } from './bench/bench.ts'
import { codeOf, makeUnfetchable } from './bench/hand.ts'
import { ASK_AT, DUE, G, PanelBench } from './bench/panel-bench.ts'
import { hashOf } from './bench/scene.ts'
import { garbageHash, requester, sign, stranger, worker } from './contract-case.ts'

const ACK = 2 * profiles.test.deltaMs

describe('what a witness does not do', () => {
  test('WIT-26 it watches no more contracts of one requester than its share, and none when it does not witness', () => {
    const bench = new PanelBench(1)
    const [only] = bench.members
    if (only === undefined) throw new TypeError('a panel of one')
    bench.busyWith(64)
    expect(codeOf(only.record(requester, bench.case.award))).toBe('witness/quota')
    expect(only.engine.memory().watches.size).toBe(64)
    only.command({ kind: 'witness', maxBytes: null })
    expect(codeOf(only.record(stranger, sign('award', stranger, bench.case.award.body)))).toBe('witness/off')
  })

  test('WIT-25 WIT-26 it fetches no result beyond its bytes, nor one that is too large for a panel', () => {
    for (const [maxBytes, size, fetched] of [
      [1_000, 1_000, true],
      [999, 1_000, false],
      [100_000_000, 65_536, true],
      [100_000_000, 65_537, false],
    ] as const) {
      const bench = new PanelBench(1).bound()
      const [only] = bench.members
      only?.command({ kind: 'witness', maxBytes })
      bench.show(worker, bench.delivery(size))
      expect([size, only?.last.some(({ kind }) => kind === 'fetch')]).toEqual([size, fetched])
      bench.pass(ACK)
      expect(bench.votes()).toEqual([fetched ? ['timely deliver'] : []])
    }
  })

  test('WIT-26 of contracts in which nothing is under way the oldest makes room', () => {
    const bench = new PanelBench(1)
    const [only] = bench.members
    const awards = Array.from({ length: 65 }, (_, price) =>
      sign('award', requester, { ...bench.case.award.body, price: price + 1 }),
    )
    for (const award of awards) expect(only && codeOf(only.record(requester, award))).toBe('ok')
    expect([...(only?.engine.memory().watches.keys() ?? [])]).toEqual(awards.slice(1).map(({ id }) => id))
  })

  test('WIT-13 of evidence it makes nothing: an opening that is shown once, a contract that is closed, an old call', () => {
    const bench = new PanelBench(1)
    const [only] = bench.members
    const opening = bench.case.put(bench.case.opening(bench.case.put(bench.case.accept())))
    bench.show(requester, opening)
    bench.pass(ACK)
    expect(bench.votes()).toEqual([[]])
    only?.record(requester, opening)
    bench.pass(ACK)
    expect(bench.votes()).toEqual([['timely opening']])

    const closed = new PanelBench(1).bound().until(ASK_AT)
    const settled = { end: 'settled', party: null, fault: null } as const
    closed.show(worker, closed.delivery())
    for (const party of [requester, worker]) closed.member(0).record(party, closed.case.closing(party, settled, []))
    closed.pass(ACK)
    expect(closed.member(0).engine.memory().watches.size).toBe(0)

    // Only who closed it itself waits for nothing any more.
    const denied = new PanelBench(1).bound().until(DUE)
    denied.show(worker, denied.case.tip)
    const delivery = denied.delivery()
    denied.member(0).record(requester, denied.case.closing(requester, settled, []))
    denied.show(worker, delivery)
    denied.pass(ACK)
    expect(denied.votes()).toEqual([['timely deliver']])

    // Until the other one has closed it as well, it may ask.
    const split = new PanelBench(1).bound().until(DUE)
    const brought = split.delivery()
    split.member(0).record(worker, split.case.award)
    split.member(0).record(worker, split.case.closing(worker, settled, []))
    split.show(worker, brought)
    split.until(ASK_AT)
    expect(split.votes()).toEqual([[]])
    split.show(requester, split.ask())
    split.pass(2 * G)
    expect(split.votes()).toEqual([['timely deliver']])

    // What both have closed is over, also for who watches it anew because one of them calls.
    const over = new PanelBench(1).bound().until(DUE - 4 * ACK)
    for (const party of [requester, worker]) over.show(party, over.case.closing(party, settled, []))
    over.pass(ACK)
    expect(over.member(0).engine.memory().watches.size).toBe(0)
    over.challenge()
    const told = over.case.records.slice(over.case.records.indexOf(over.case.award))
    for (const record of told) if (record.type !== 'closing') over.member(0).record(requester, record)
    over.pass(2 * G)
    expect(over.votes()).toEqual([[]])

    const old = new PanelBench(1).bound().until(ASK_AT)
    old.show(worker, old.ask())
    old.pass(2 * G)
    expect(old.votes()).toEqual([[]])
    old.show(requester, old.case.records.at(-1) ?? old.case.award)
    old.member(0).record(requester, old.case.closing(requester, settled, []))
    old.pass(2 * G)
    expect(old.votes()).toEqual([[]])
  })

  test('WIT-26 one requester has a quarter of its bytes, or one result', () => {
    const bench = new PanelBench(1)
    const [only] = bench.members
    only?.command({ kind: 'witness', maxBytes: 400_000 })
    const fetched = ['one', 'two'].map((text, price) => {
      const other = new PanelBench(1, {}, price).bound()
      const record = other.delivery(60_000, hashOf(text))
      for (const each of [...other.case.records.slice(2), record]) only?.record(worker, each)
      return only?.engine.memory().watches.get(other.case.award.id)?.bytes.size
    })
    expect(fetched).toEqual([1, 0])
  })

  test('WIT-26 what it fetched counts for the whole epoch, also when its contract is over', () => {
    const bench = new PanelBench(1).bound()
    const [only] = bench.members
    only?.command({ kind: 'witness', maxBytes: 100_000 })
    bench.show(worker, bench.delivery(60_000, hashOf('one')))
    bench.until(bench.case.award.body.exposureUntil + 1)
    const fetches = (): number => {
      const body = { ...bench.case.award.body, at: bench.time, terms: { ...bench.case.award.body.terms } }
      const endBy = bench.time + 60_000
      const terms = { ...body.terms, endBy }
      const award = sign('award', stranger, { ...body, terms, exposureUntil: exposureUntil(terms) })
      const link = { at: bench.time, contract: award.id, generation: 1 }
      const accept = sign('accept', worker, { ...link, seq: 1, prev: award.id, chainSeq: 1, chainPrev: null })
      const delivery = sign('deliver', worker, {
        ...bench.case.deliver(hashOf(`${bench.time}`), { at: bench.time }).body,
        ...{ ...link, seq: 2, prev: accept.id, size: 60_000 },
      })
      for (const each of [award, accept, delivery]) only?.record(worker, each)
      return only?.last.filter(({ kind }) => kind === 'fetch').length ?? 0
    }
    expect(fetches()).toBe(0)
    bench.pass(3_600_000)
    expect(fetches()).toBe(1)
  })

  test('WIT-25 it asks every party and member that brings a record for its bytes, and nobody else', () => {
    const bench = new PanelBench(3).bound()
    const delivery = bench.delivery(10, hashOf('kept back'))
    makeUnfetchable(hashOf('kept back'))
    const [only] = bench.members
    const asked = [bench.member(1).key, stranger, worker, worker].map((from) => {
      bench.show(from, delivery, only === undefined ? [] : [only])
      return only?.last.flatMap((effect) => (effect.kind === 'fetch' ? [effect.from] : []))
    })
    expect(asked).toEqual([[bench.member(1).key], [], [worker], []])
  })

  test('WIT-25 it gives the bytes that it holds to the parties and the other members, and to nobody else', () => {
    const bench = new PanelBench(3).bound()
    const delivery = bench.delivery()
    bench.show(worker, delivery)
    bench.pass(ACK)
    const { engine } = bench.member(0)
    for (const peer of [requester, worker, bench.member(1).key])
      expect(engine.sharesPayload(peer, delivery.body.resultHash)).toBe(true)
    expect(engine.sharesPayload(stranger, delivery.body.resultHash)).toBe(false)
    expect(engine.sharesPayload(worker, garbageHash)).toBe(false)
  })

  test('WIT-08 it takes no word of strangers into a file, and says who brought it', () => {
    const bench = new PanelBench(1).bound()
    const [only] = bench.members
    bench.show(worker, bench.case.tip)
    const forged = sign('vote', stranger, {
      ...{ at: bench.time, contract: bench.case.award.id, generation: 1, slot: bench.slot, verdict: 'timely' },
      ...{ names: bench.case.award.id, due: DUE, newest: bench.case.award.id },
    })
    expect(only && codeOf(only.record(stranger, forged))).toBe('contract/state')
    expect(only?.reports.at(-1)).toMatchObject({ peer: stranger, violation: { code: 'role/not-party' } })
  })

  test('WIT-27 it says that it witnesses, with or without skills, and takes it back', () => {
    const hand = new Bench().hand()
    const said = (): unknown =>
      hand.sent.flatMap(({ record }) => (record.type === 'advert' ? [record.body.witness] : [])).at(-1)
    hand.command({ kind: 'witness', maxBytes: 5 })
    expect(said()).toEqual({ maxBytes: 5 })
    hand.serve('work')
    expect(said()).toEqual({ maxBytes: 5 })
    hand.command({ kind: 'witness', maxBytes: null })
    expect(said()).toBeNull()
    expect(codeOf(hand.command({ kind: 'witness', maxBytes: -1 }))).toBe('job/terms')
  })

  test('WIT-24 it forgets what it watched when nothing can be signed any more', () => {
    const bench = new PanelBench(1).bound()
    bench.show(worker, bench.case.tip)
    const [only] = bench.members
    expect(only?.engine.memory().watches.size).toBe(1)
    bench.until(bench.case.award.body.exposureUntil + 1)
    expect(only?.engine.memory().watches.size).toBe(0)
  })
})
