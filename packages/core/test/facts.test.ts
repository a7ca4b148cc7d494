import { describe, expect, test } from 'vitest'
import { test as prop } from '@fast-check/vitest'
import * as fc from 'fast-check'
import { MICRO, protocolParams, type HaggleRecord } from '@haggle/protocol'
import { factsOf } from '../src/judge/facts.ts'
import type { JudgePorts } from '../src/judge/verdict.ts'
import type { Facts } from '../src/score/facts.ts'
import { byHash, Case, garbageHash, requester, sign, stranger, T0, worker } from './contract-case.ts'
import { shuffled } from './judge-random.ts'
import { PanelCase } from './panel-case.ts'
import { panelRun, playPanel } from './panel-random.ts'

const ports: JudgePorts = { checkResult: () => ({ kind: 'unknown' }), payload: () => undefined }
const facts = (records: readonly HaggleRecord[]): Facts => factsOf(records, ports)
const epochOf = (at: number): number => Math.floor(at / protocolParams.epochMs)
const settled = { end: 'settled', party: null, fault: null } as const
const undecided = { end: 'undecided', party: null, fault: null } as const

describe('credit', () => {
  test('VER-14: is the stake of what the requester approved, whatever the price was', () => {
    const c = new Case({ milestones: 2, stakeWorker: 600_000 }).bind()
    c.put(c.deliver())
    c.put(c.approve())
    const credit = { from: requester, to: worker, skill: 'shout', epoch: epochOf(T0), contract: c.award.id }
    expect(facts(c.records).credits).toEqual([{ ...credit, amount: 300_000 }])
    c.put(c.deliver())
    c.put(c.approve())
    expect(facts(c.records).credits).toEqual([{ ...credit, amount: 600_000 }])
  })

  test('VER-14: comes from the award and the requester’s own closing alone, and not from the worker’s', () => {
    const c = new Case({ milestones: 2 }).bind()
    for (let milestone = 0; milestone < 2; milestone += 1) {
      c.put(c.deliver())
      c.put(c.approve())
    }
    const own = c.closing(requester, settled, [c.tip.id])
    const other = c.closing(worker, settled, [c.tip.id])
    expect(facts([c.award, own]).credits).toMatchObject([{ amount: 1_000_000 }])
    expect(facts([c.award, other]).credits).toEqual([])
    expect(facts([own]).credits).toEqual([])
  })

  test('VER-14: is not dated beyond the exposure of its contract, whatever its approval says', () => {
    const c = new Case().bind()
    c.put(c.deliver())
    c.put(c.approve({ at: c.award.body.exposureUntil + 10 * protocolParams.epochMs }))
    expect(facts(c.records).credits).toMatchObject([{ epoch: epochOf(c.award.body.exposureUntil) }])
  })

  test('VER-14: nobody gets any for a failure, a split or a silent review', () => {
    const silent = new PanelCase().bind()
    silent.put(silent.receipt(silent.put(silent.deliver()), requester))
    silent.miss()
    const outcome = { end: 'settled', party: requester, fault: 'SILENT_REVIEW' } as const
    silent.closing(requester, outcome, [silent.tip.id])
    const failed = new Case().bind()
    failed.put(failed.failed())
    failed.put(failed.approve())
    const split = new Case().bind()
    split.put(split.deliver())
    split.put(split.reject('opinion'))
    for (const c of [silent, failed, split]) expect(facts(c.records).credits).toEqual([])
  })
})

describe('faults', () => {
  test('VER-14: are those that signatures or a panel prove, with what they cost of what was at risk', () => {
    const bad = new Case({ acceptance: byHash }).bind()
    bad.put(bad.deliver(garbageHash))
    bad.put(bad.reject())
    const common = { contract: bad.award.id, skill: 'shout', epoch: epochOf(T0) }
    expect(facts(bad.records).faults).toMatchObject([
      { ...common, party: worker, fault: 'BAD', grade: 'self-proving', slash: 1_000_000, stake: 1_000_000 },
    ])
    const silent = new PanelCase().bind()
    silent.put(silent.receipt(silent.put(silent.deliver()), requester))
    silent.miss()
    expect(facts(silent.records).faults).toMatchObject([
      { party: requester, fault: 'SILENT_REVIEW', grade: 'witnessed', slash: 200_000, stake: 800_000 },
    ])
  })

  test('VER-14: what somebody merely says, and what costs nothing, makes none', () => {
    const c = new Case().bind()
    c.closing(requester, { end: 'breached', party: worker, fault: 'NO_DELIVERY' }, [c.tip.id])
    c.put(c.timeout(requester, 'delivery'))
    expect(facts(c.records).faults).toEqual([])
    const free = new Case({ acceptance: byHash, stakeWorker: 0 }).bind()
    free.put(free.deliver(garbageHash))
    free.put(free.reject())
    expect(facts(free.records).faults).toEqual([])
  })

  test('VER-14: nobody dates its fault before its contract', () => {
    const c = new Case({ revisions: 1 }).bind()
    c.put(c.deliver())
    c.put(c.reject('opinion', { at: 0 }))
    c.put(c.concede({ at: 0 }))
    expect(facts(c.records).faults).toMatchObject([{ fault: 'CONCEDE', epoch: epochOf(T0) }])
  })

  test('T-63 VER-16: who signs a vote that no honest agent signs pays five credits, and keeps its pledges', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const ask = c.put(c.ask(slot))
    const [vote] = c.votes(slot, 'absent', ask, { count: 1 })
    if (vote === undefined) throw new TypeError('the panel is empty')
    const wrong = [
      sign('vote', stranger, vote.body),
      sign('vote', worker, vote.body),
      sign('vote', c.member(1), { ...vote.body, at: vote.body.due + c.grace - 1 }),
      sign('vote', c.member(2), { ...vote.body, slot: { ...c.lease(), k: 0 } }),
    ]
    const found = facts([...c.records, vote, ...wrong, ...wrong])
    expect(new Set(found.faults.map((each) => each.party))).toEqual(new Set(wrong.map((each) => each.author)))
    expect(found.faults.every((each) => each.slash === 5 * MICRO && each.stake === 0)).toBe(true)
    expect(found.pledges.map((each) => each.party)).toEqual([requester, worker])
    expect(found.faults.map((each) => each.contract)).not.toContain(c.award.id)
  })
})

describe('pledges', () => {
  const parties = (records: readonly HaggleRecord[]): string[] => facts(records).pledges.map((each) => each.party)

  test('VER-14: the award is the requester’s and the ACCEPT the worker’s, at the latest until the exposure ends', () => {
    const c = new Case()
    const untilEpoch = epochOf(c.award.body.exposureUntil)
    const own = { party: requester, contract: c.award.id, stake: 800_000, untilEpoch }
    expect(facts(c.records).pledges).toEqual([own])
    c.put(c.accept())
    expect(facts(c.records).pledges).toEqual([own, { ...own, party: worker, stake: 1_000_000 }])
  })

  test('VER-14: each ends with its owner’s closing of what is over, and with a fault of its owner', () => {
    const c = new Case().bind()
    const delivery = c.put(c.deliver())
    c.put(c.approve({ prev: delivery }))
    expect(parties(c.records)).toEqual([requester, worker])
    c.closing(worker, settled, [c.tip.id])
    expect(parties(c.records)).toEqual([requester])
    const bad = new Case({ acceptance: byHash }).bind()
    bad.put(bad.deliver(garbageHash))
    bad.put(bad.reject())
    expect(parties(bad.records)).toEqual([requester])
  })

  test('VER-14: the requester’s word that it was served, or has bound nobody, sets the worker free', () => {
    const lapsed = { end: 'lapsed', party: null, fault: null } as const
    const unopened = new Case()
    const accept = unopened.put(unopened.accept())
    unopened.closing(requester, lapsed, [accept.id])
    expect(parties(unopened.records)).toEqual([])
    const served = new Case().bind()
    served.closing(requester, settled, [served.tip.id])
    expect(parties(served.records)).toEqual([])
    // Not after it has opened, and not by the worker's own word.
    const opened = new Case().bind()
    opened.closing(requester, lapsed, [opened.tip.id])
    opened.closing(worker, settled, [opened.tip.id])
    expect(parties(opened.records)).toEqual([requester, worker])
  })

  test('T-76 VER-14: nobody frees itself by closing what still goes on', () => {
    for (const author of [worker, requester]) {
      const c = new Case().bind()
      c.closing(author, undecided, [c.tip.id])
      expect(parties(c.records)).toEqual([requester, worker])
    }
    const agreed = new Case().bind()
    agreed.closing(worker, undecided, [agreed.tip.id])
    agreed.closing(requester, undecided, [agreed.tip.id])
    expect(parties(agreed.records)).toEqual([])
  })
})

test('VER-15: two votes of one author in one slot are a tombstone, and a LATE beside another vote is none', () => {
  const c = new PanelCase().bind()
  const { slot } = c
  const ask = c.put(c.ask(slot))
  const due = c.due(slot)
  const delivery = c.put(c.deliver())
  const [absent] = c.votes(slot, 'absent', ask, { count: 1, due })
  const [late] = c.votes(slot, 'late', delivery, { count: 1, due })
  const [timely] = c.votes(slot, 'timely', delivery, { count: 1, due })
  if (absent === undefined || late === undefined || timely === undefined) throw new TypeError('the panel is empty')
  expect(facts([absent, late, absent]).tombstones).toEqual([])
  const proof = [absent.id, timely.id].toSorted()
  // The two signatures prove it without the contract.
  expect(facts([timely, late, absent]).tombstones).toEqual([{ party: c.member(0), proof }])
})

prop.prop([panelRun, panelRun, fc.array(fc.nat(1_000), { minLength: 8, maxLength: 40 })])(
  'facts do not depend on the order of the records, nor on what else is in the set',
  (run, other, keys) => {
    const a = playPanel(run, false)
    const b = playPanel(other, false)
    const sorted = (found: Facts): unknown =>
      Object.values(found).map((list: readonly unknown[]) => list.map((each) => JSON.stringify(each)).toSorted())
    expect(sorted(facts(shuffled(a.records, keys)))).toEqual(sorted(facts(a.records)))
    if (a.offer.id === b.offer.id) return
    const both = facts(shuffled([...a.records, ...b.records], keys))
    expect(both.faults).toHaveLength(facts(a.records).faults.length + facts(b.records).faults.length)
  },
)
