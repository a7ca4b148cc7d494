import { describe, expect, test } from 'vitest'
import type { EndName, HaggleRecord } from '@haggle/protocol'
import { slashOf } from '../src/contract/slash.ts'
import { dueOf } from '../src/contract/timing.ts'
import { judge } from '../src/judge/judge.ts'
import type { JudgePorts, Verdict } from '../src/judge/verdict.ts'
import { byHash, bySchema, garbage, garbageHash, good, goodHash, requester, sign, T0, worker } from './contract-case.ts'
import { PanelCase } from './panel-case.ts'

/** A check for which `good` passes and everything else fails. */
const ports: JudgePorts = {
  checkResult: (_acceptance, result) => ({ kind: result.length === good.length ? 'pass' : 'fail' }),
  payload: (hash) => (hash === goodHash ? good : hash === garbageHash ? garbage : undefined),
}

function verdictOf(c: PanelCase, records: readonly HaggleRecord[] = c.records): Verdict {
  const [verdict] = judge(records, ports)
  if (verdict === undefined) throw new TypeError('no verdict')
  return verdict
}

const nobody = { party: null, fault: null, grade: null, slash: 0, faults: [] }
/** A delivery that the requester acknowledged, so that the clock of its review runs. */
function delivered(c: PanelCase): HaggleRecord<'deliver'> {
  const delivery = c.put(c.deliver())
  c.put(c.receipt(delivery, requester))
  return delivery
}

describe('a clock that ran out, with a panel', () => {
  test('T-34 VER-04: a delivery that the panel certifies as absent is NO_DELIVERY, at the whole stake of its milestone', () => {
    const c = new PanelCase({ milestones: 2 }).bind()
    c.miss()
    expect(verdictOf(c)).toMatchObject({
      ...{ end: 'breached', party: worker, fault: 'NO_DELIVERY', grade: 'witnessed', slash: 500_000 },
      ...{ panel: 4, votes: 3, openAt: null },
    })
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { fault: 'NO_DELIVERY' } })
    expect(slashOf(c.contract, { end: 'breached', party: worker, fault: 'NO_DELIVERY' })).toBe(500_000)
  })

  test('VER-04: with neither certificate nor receipt the end is undecided, and nobody is at fault', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const ask = c.put(c.ask(slot))
    c.certify(slot, 'absent', ask, { count: 2 })
    c.put(c.timeout(requester, 'delivery'))
    expect(verdictOf(c)).toMatchObject({ end: 'undecided', ...nobody })
    expect(c.contract.stage.kind).toBe('timed-out')
  })

  test('VER-04: an ABSENT without the TIMEOUT of the waiting party ends nothing', () => {
    const c = new PanelCase().bind()
    c.certify(c.slot, 'absent', c.put(c.ask(c.slot)))
    expect(verdictOf(c)).toMatchObject({ end: null, openAt: 1, ...nobody })
  })

  test('VER-06: LATE costs 850 permille of the stake times the used part of the late window', () => {
    const slashAt = (after: number): Verdict => {
      const c = new PanelCase().bind()
      const { slot, tip } = c
      const due = c.due(slot)
      const delivery = c.put(c.deliver())
      const ask = c.put(c.ask(slot))
      c.certify(slot, 'absent', ask, { due })
      c.certify(slot, 'late', delivery, { due, at: due + c.grace + after })
      c.put(c.timeout(requester, 'delivery', { prev: tip }))
      const verdict = verdictOf(c)
      expect(slashOf(c.contract, { end: 'breached', party: worker, fault: 'LATE' })).toBe(verdict.slash)
      return verdict
    }
    // Votes are a millisecond apart and the lower median of three is the second: x = after + 1. L = 2,500 ms.
    expect(slashAt(999)).toMatchObject({ end: 'breached', fault: 'LATE', grade: 'witnessed', slash: 340_000 })
    expect(slashAt(0).slash).toBe(340)
    expect(slashAt(2_499).slash).toBe(850_000)
  })

  test('T-35 VER-04: a silent review is deemed approval: the contract settles, and the requester pays a quarter of its stake', () => {
    const c = new PanelCase().bind()
    delivered(c)
    c.miss()
    expect(verdictOf(c)).toMatchObject({
      ...{ end: 'settled', party: requester, fault: 'SILENT_REVIEW', grade: 'witnessed', slash: 200_000 },
      ...{ milestonesApproved: 0 },
    })
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { end: 'settled', fault: 'SILENT_REVIEW' } })
  })

  test('VER-04: after a silent review of any but the last milestone the worker goes on with the next, and the quarter stays lost', () => {
    const c = new PanelCase({ milestones: 2 }).bind()
    delivered(c)
    const timeout = c.miss()
    expect(c.contract.stage).toEqual({ kind: 'working', milestone: 1, revision: 0 })
    // Who takes the pen by its own TIMEOUT starts its clock by it.
    expect(dueOf(c.contract)?.due).toBe(timeout.body.at + 10_000)
    expect(verdictOf(c)).toMatchObject({ end: null, party: requester, fault: 'SILENT_REVIEW', slash: 200_000 })
    c.now = timeout.body.at
    c.put(c.deliver())
    c.put(c.approve())
    expect(verdictOf(c)).toMatchObject({
      ...{ end: 'settled', party: requester, fault: 'SILENT_REVIEW', slash: 200_000, milestonesApproved: 1 },
    })
  })

  test('VER-04: a failure that nobody reviewed is closed as failed, at the cost of who stayed silent', () => {
    const c = new PanelCase().bind()
    c.put(c.receipt(c.put(c.failed()), requester))
    c.miss()
    expect(verdictOf(c)).toMatchObject({ end: 'failed', party: requester, fault: 'SILENT_REVIEW', slash: 200_000 })
  })

  test('VER-04: a rejection that nobody answered stands: the check decides, and a subjective one is a split', () => {
    const outcome = (acceptance: typeof byHash | undefined, hash: typeof goodHash): Partial<Verdict> => {
      const c = new PanelCase({ revisions: 1, ...(acceptance === undefined ? {} : { acceptance }) }).bind()
      c.put(c.deliver(hash))
      c.put(c.receipt(c.put(c.reject(acceptance === undefined ? 'opinion' : 'check')), worker))
      c.miss()
      return verdictOf(c)
    }
    const bad = { end: 'breached', party: worker, fault: 'BAD', grade: 'witnessed', slash: 1_000_000 }
    expect(outcome(byHash, garbageHash)).toMatchObject(bad)
    expect(outcome(bySchema, garbageHash)).toMatchObject(bad)
    expect(outcome(byHash, goodHash)).toMatchObject({ end: 'breached', party: requester, fault: 'FALSE_REJECT' })
    expect(outcome(undefined, goodHash)).toMatchObject({ end: 'split', ...nobody })
  })
})

describe('what clears a certificate', () => {
  /** A delivery beside a certified TIMEOUT on the same prev. */
  function disputed(): { readonly c: PanelCase; readonly delivery: HaggleRecord<'deliver'> } {
    const c = new PanelCase().bind()
    const { tip } = c
    c.miss()
    expect(verdictOf(c).fault).toBe('NO_DELIVERY')
    const delivery = c.put(sign('deliver', worker, { ...c.deliver(goodHash, { prev: tip }).body, milestone: 0 }))
    expect(verdictOf(c).fault).toBe('NO_DELIVERY')
    return { c, delivery }
  }

  test('T-40 VER-03: the receipt of the side that waited, and the delivery goes on to its review', () => {
    const { c, delivery } = disputed()
    c.put(c.receipt(delivery, requester))
    expect(verdictOf(c)).toMatchObject({ end: null, ...nobody })
    expect(c.contract.stage).toMatchObject({ kind: 'awaiting-review', milestone: 0 })
  })

  test('VER-03: a later entry of the side that waited', () => {
    const { c, delivery } = disputed()
    c.put(c.approve({ prev: delivery, milestone: 0 }))
    expect(verdictOf(c)).toMatchObject({ end: 'settled', ...nobody, milestonesApproved: 1 })
  })

  test('VER-03: TIMELY, and a panel that certifies both convicts nobody', () => {
    const { c, delivery } = disputed()
    const slot = { entry: delivery.body.prev, duty: 'delivery', milestone: 0, k: 0 } as const
    c.certify(slot, 'timely', delivery, { from: 1 })
    expect(verdictOf(c)).toMatchObject({ end: null, ...nobody })
    expect(c.contract.stage.kind).toBe('awaiting-review')
  })

  test('VER-03: an approval drops SILENT_REVIEW, whichever of the two came first', () => {
    const c = new PanelCase().bind()
    const delivery = delivered(c)
    c.miss()
    c.put(c.approve({ prev: delivery, milestone: 0 }))
    expect(verdictOf(c)).toMatchObject({ end: 'settled', ...nobody, milestonesApproved: 1 })
  })

  test('VER-03: an approval of any but the last milestone drops it too, while the contract goes on', () => {
    const c = new PanelCase({ milestones: 2 }).bind()
    const delivery = delivered(c)
    c.miss()
    expect(verdictOf(c).fault).toBe('SILENT_REVIEW')
    c.put(c.approve({ prev: delivery, milestone: 0 }))
    expect(verdictOf(c)).toMatchObject({ end: null, ...nobody })
  })

  test('VER-03: a final rejection whose check fails voids SILENT_REVIEW', () => {
    const c = new PanelCase({ acceptance: byHash }).bind()
    const delivery = c.put(c.deliver(garbageHash))
    c.put(c.receipt(delivery, requester))
    c.miss()
    c.put(sign('reject', requester, { ...c.link({ prev: delivery }), milestone: 0, reason: 'check', note: '' }))
    expect(verdictOf(c)).toMatchObject({ end: 'breached', party: worker, fault: 'BAD', grade: 'self-proving' })
    expect(verdictOf(c).faults).toHaveLength(1)
  })

  test('VER-02: an ABSENT that judged an earlier due than the file shows convicts nobody', () => {
    const c = new PanelCase().bind()
    const delivery = c.put(c.deliver())
    c.put(c.receipt(delivery, requester, delivery.body.at + 180))
    const { slot } = c
    const early = c.due(slot) - 100
    const ask = c.put(c.ask(slot))
    c.certify(slot, 'absent', ask, { due: early })
    c.put(c.timeout(worker, 'review'))
    expect(verdictOf(c)).toMatchObject({ end: 'undecided', ...nobody })
  })
})

describe('duties that the file does not show', () => {
  test('VER-02: nobody is at fault in a contract that was never opened, whatever the panel certifies', () => {
    const c = new PanelCase()
    c.put(c.accept())
    c.miss()
    expect(verdictOf(c)).toMatchObject({ end: 'undecided', ...nobody })
    // The opening alone binds the requester; the worker is bound once it has signed something that names it.
    const accept = c.contract.entries.find((entry) => entry.type === 'accept')
    const opening = c.put(c.opening(accept ?? c.award))
    expect(verdictOf(c)).toMatchObject({ end: 'undecided', ...nobody })
    c.put(c.heartbeat(opening))
    expect(verdictOf(c)).toMatchObject({ end: 'breached', fault: 'NO_DELIVERY' })
  })

  test('CON-12: TIMELY on the slot of the opening binds the worker too', () => {
    const c = new PanelCase()
    const accept = c.put(c.accept())
    const opening = c.put(c.opening(accept))
    c.miss()
    expect(verdictOf(c)).toMatchObject(nobody)
    c.certify({ entry: accept.id, duty: 'opening', milestone: 0, k: 0 }, 'timely', opening)
    expect(verdictOf(c)).toMatchObject({ end: 'breached', party: worker, fault: 'NO_DELIVERY' })
  })

  test('VER-02: a review that the requester was never shown has no clock; TIMELY on the delivery starts it G later', () => {
    const c = new PanelCase().bind()
    const { slot: delivery } = c
    const record = c.put(c.deliver())
    expect(dueOf(c.contract)).toBeNull()
    const { slot } = c
    c.certify(delivery, 'timely', record, { at: record.body.at + 40 })
    // The lower median of three votes, a millisecond apart.
    expect(c.due(slot)).toBe(record.body.at + 41 + 150 + 6_203)
    c.miss(slot)
    expect(verdictOf(c)).toMatchObject({ end: 'settled', party: requester, fault: 'SILENT_REVIEW' })
    const without = c.records.filter((each) => each.type !== 'vote' || each.body.verdict !== 'timely')
    expect(verdictOf(c, without)).toMatchObject({ end: 'undecided', ...nobody })
  })

  test('TIME-22 TIME-23: no panel dates what it was shown before it was sent: the clock begins no earlier', () => {
    const c = new PanelCase().bind()
    const { slot: delivery } = c
    const record = c.put(c.deliver())
    const { slot } = c
    c.certify(delivery, 'timely', record, { at: record.body.at - 2_000 })
    expect(c.due(slot)).toBe(record.body.at - 100 + 150 + 6_203)
  })

  test('TIME-23: with a panel a receipt outside the plausible times starts no clock', () => {
    const c = new PanelCase().bind()
    const delivery = c.put(c.deliver())
    c.put(c.receipt(delivery, requester, delivery.body.at + 201))
    expect(dueOf(c.contract)).toBeNull()
    c.put(c.receipt(delivery, requester, delivery.body.at + 200))
    expect(dueOf(c.contract)?.due).toBe(delivery.body.at + 200 + 6_203)
  })
})

describe('leases', () => {
  /** A worker that answered no challenge, and a reopening that says so. */
  function abandoned(c: PanelCase, k = 1): HaggleRecord<'reopening'> {
    c.certify(c.lease(k), 'absent', c.put(c.challenge(k)))
    expect(verdictOf(c)).toMatchObject({ end: null, ...nobody })
    return c.reopening('certificate', c.idOf(c.lease(k)))
  }

  test('VER-05: a lease certificate ends nothing until a reopening names it; then it is ABANDONED', () => {
    const c = new PanelCase({ milestones: 2 }).bind()
    const reopening = abandoned(c, 2)
    expect(verdictOf(c)).toMatchObject({
      ...{ end: 'breached', party: worker, fault: 'ABANDONED', grade: 'witnessed', slash: 500_000 },
    })
    expect(slashOf(c.contract, { end: 'breached', party: worker, fault: 'ABANDONED' }, reopening)).toBe(500_000)
  })

  test('VER-05: the requester’s `revived` clears it, and so does any sign of life that reached the requester', () => {
    const clears: ((c: PanelCase) => void)[] = [
      (c) => c.put(c.revived(c.lease())),
      (c) => c.put(c.receipt(c.put(c.deliver()), requester)),
    ]
    for (const clear of clears) {
      const c = new PanelCase().bind()
      abandoned(c)
      clear(c)
      expect(verdictOf(c).faults.filter((each) => each.party === worker)).toEqual([])
    }
  })

  test('VER-05: an unbound worker abandons nothing', () => {
    const c = new PanelCase()
    c.put(c.opening(c.put(c.accept())))
    abandoned(c)
    expect(verdictOf(c)).toMatchObject({ end: 'undecided', ...nobody })
  })

  test('VER-07: a challenge after the due of its milestone counts for nothing', () => {
    for (const [late, fault] of [
      [0, 'ABANDONED'],
      [1, null],
    ] as const) {
      const c = new PanelCase().bind()
      c.certify(c.lease(), 'absent', c.put(c.challenge(1, T0 + 10_000 + late)))
      c.reopening('certificate', c.idOf(c.lease()))
      expect(verdictOf(c).fault).toBe(fault)
    }
  })

  test('VER-05: a reopening that names the delivery certificate makes of it what a TIMEOUT would', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    c.certify(slot, 'absent', c.put(c.ask(slot)))
    c.reopening('certificate', c.idOf(slot))
    expect(verdictOf(c)).toMatchObject({ end: 'breached', fault: 'NO_DELIVERY', slash: 1_000_000 })
  })
})

describe('asks', () => {
  const at = (c: PanelCase): number => c.due(c.slot) + 2 * c.grace

  test('T-36 VER-08: who asks for what it has receipted, or gone on from, before, loses its stake', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const time = at(c)
    const delivery = c.put(c.deliver(goodHash, { at: T0 + 9_000 }))
    c.put(c.receipt(delivery, requester, T0 + 9_050))
    c.put(c.ask(slot, time))
    expect(verdictOf(c)).toMatchObject({
      ...{ end: null, party: requester, fault: 'FALSE_ASK', grade: 'self-proving', slash: 800_000 },
    })
    const reviewed = new PanelCase().bind()
    const early = reviewed.slot
    const when = at(reviewed)
    reviewed.put(reviewed.deliver())
    reviewed.put(reviewed.approve())
    reviewed.put(reviewed.ask(early, when))
    expect(verdictOf(reviewed)).toMatchObject({ end: 'settled', party: requester, fault: 'FALSE_ASK' })
  })

  test('VER-08: a receipt or an entry that came after the ask convicts nobody', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const ask = c.put(c.ask(slot))
    const delivery = c.put(c.deliver(goodHash, { at: T0 + 9_000 }))
    c.put(c.approve({ at: ask.body.at }))
    c.put(c.receipt(delivery, requester, ask.body.at + 1))
    expect(verdictOf(c)).toMatchObject({ end: 'settled', ...nobody })
  })

  test('T-37 VER-07: an ask before due + G + echoWait is void: it opens no vote and is no fault', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const early = c.put(c.ask(slot, at(c) - 1))
    const [vote] = c.votes(slot, 'absent', early)
    expect(vote === undefined ? null : c.step(vote)).toMatchObject({ kind: 'violation' })
    c.put(c.receipt(c.put(c.deliver()), requester, T0 + 120))
    expect(verdictOf(c)).toMatchObject(nobody)
  })

  test('T-38 VER-07: no vote counts that is dated after exposureUntil, and no ask so late that its votes would be', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const { exposureUntil } = c.award.body
    const last = c.put(c.ask(slot, exposureUntil - 2 * c.grace))
    const after = c.put(c.ask(slot, exposureUntil - 2 * c.grace + 1))
    const refused = [
      ...c.votes(slot, 'absent', after, { at: exposureUntil - 10, count: 1 }),
      ...c.votes(slot, 'absent', last, { at: exposureUntil + 1, count: 1 }),
    ]
    expect(refused.map((vote) => c.step(vote).kind)).toEqual(['violation', 'violation'])
    c.certify(slot, 'absent', last, { at: exposureUntil - 2 })
    expect(verdictOf(c).certificates).toHaveLength(1)
  })
})

describe('withdrawals and forged generations with a panel', () => {
  test('CON-35: the panel shows when a withdrawal came, where it had it before the requester did', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const withdrawal = c.put(c.withdraw({ at: T0 + 2_000 }))
    c.put(c.receipt(withdrawal, requester, T0 + 8_000))
    expect(verdictOf(c)).toMatchObject({ end: 'withdrawn', fault: 'WITHDRAW', slash: 700_000 })
    c.certify(slot, 'timely', withdrawal, { at: T0 + 3_999 })
    expect(verdictOf(c).slash).toBe(400_000)
  })

  test('T-62 VER-10: with a panel nobody takes a task back by its own judgement', () => {
    const c = new PanelCase().bind()
    c.reopening('judgement', null)
    const forged = { party: requester, fault: 'FORGED_GENERATION', slash: 800_000, grade: 'self-proving' }
    expect(verdictOf(c)).toMatchObject({ end: 'breached', ...forged })
  })

  test('T-39 VER-10: a certificate whose votes are not in the file convicts nobody, one that the panel contradicts its author', () => {
    const c = new PanelCase().bind()
    const challenge = c.put(c.challenge())
    c.reopening('certificate', c.idOf(c.lease()))
    expect(verdictOf(c)).toMatchObject({ end: 'undecided', ...nobody })
    c.certify(c.lease(), 'timely', c.put(c.alive(challenge)))
    expect(verdictOf(c)).toMatchObject({
      end: 'breached',
      party: requester,
      fault: 'FORGED_GENERATION',
      grade: 'witnessed',
    })
  })

  test('VER-10: a TIMEOUT is an end that a reopening may name as its proof', () => {
    const c = new PanelCase().bind()
    const timeout = c.miss()
    c.reopening('ended', timeout.id)
    expect(verdictOf(c)).toMatchObject({ end: 'breached', party: worker, fault: 'NO_DELIVERY' })
    expect(verdictOf(c).faults).toHaveLength(1)
  })
})

describe('what a certificate beats', () => {
  test('VER-17: who was certified absent does not get away with a withdrawal that nobody heard of', () => {
    const c = new PanelCase().bind()
    const { tip, slot } = c
    c.miss()
    const withdrawal = c.put(
      sign('withdraw', worker, { ...c.link({ prev: tip, at: T0 + 100 }), milestone: 0, reason: 'busy' }),
    )
    expect(verdictOf(c)).toMatchObject({ end: 'breached', fault: 'NO_DELIVERY', slash: 1_000_000 })
    expect(c.contract.stage).toMatchObject({ kind: 'ended', outcome: { end: 'breached', fault: 'NO_DELIVERY' } })
    const heard = c.records.length
    c.put(c.receipt(withdrawal, requester, T0 + 5_000))
    expect(verdictOf(c)).toMatchObject({ end: 'withdrawn', fault: 'WITHDRAW', slash: 475_000 })
    c.records.length = heard
    c.certify(slot, 'timely', withdrawal, { at: T0 + 999, from: 1 })
    expect(verdictOf(c)).toMatchObject({ end: 'withdrawn', fault: 'WITHDRAW', slash: 175_000 })
  })

  test('VER-17: nor from a lease that a reopening shows to be certified', () => {
    const c = new PanelCase().bind()
    c.certify(c.lease(), 'absent', c.put(c.challenge()))
    const withdrawal = c.put(c.withdraw())
    expect(verdictOf(c)).toMatchObject({ end: 'withdrawn', fault: 'WITHDRAW' })
    c.reopening('certificate', c.idOf(c.lease()))
    expect(verdictOf(c)).toMatchObject({ end: 'breached', fault: 'ABANDONED', slash: 1_000_000 })
    c.put(c.receipt(withdrawal, requester))
    expect(verdictOf(c)).toMatchObject({ end: 'withdrawn' })
  })

  test('VER-17: a requester that stayed silent has no opinion afterwards, and a failed check counts all the same', () => {
    const late = (init: ConstructorParameters<typeof PanelCase>[0], reason: 'check' | 'opinion'): Verdict => {
      const c = new PanelCase(init).bind()
      const delivery = c.put(c.deliver(garbageHash))
      c.put(c.receipt(delivery, requester))
      c.miss()
      c.put(sign('reject', requester, { ...c.link({ prev: delivery }), milestone: 0, reason, note: '' }))
      return verdictOf(c)
    }
    expect(late({}, 'opinion')).toMatchObject({ end: 'settled', party: requester, fault: 'SILENT_REVIEW' })
    expect(late({ acceptance: byHash }, 'check')).toMatchObject({ end: 'breached', party: worker, fault: 'BAD' })
  })

  test('VER-06: of several certificates of one absence the latest due makes the slash', () => {
    const slashes = [0, 400].map((later) => {
      const c = new PanelCase({ panel: 7 }).bind()
      const { slot, tip } = c
      const due = c.due(slot)
      const delivery = c.put(c.deliver())
      const ask = c.put(c.ask(slot, due + 2_000))
      c.certify(slot, 'absent', ask, { due })
      if (later > 0) c.certify(slot, 'absent', ask, { due: due + later, from: 2, at: due + 3_000 })
      c.certify(slot, 'late', delivery, { due, at: due + c.grace + 998 })
      c.put(c.timeout(requester, 'delivery', { prev: tip }))
      return verdictOf(c).slash
    })
    expect(slashes).toEqual([340_000, 204_000])
  })
})

describe('branches below a TIMEOUT', () => {
  test('VER-04: nothing is certified that stands on a TIMEOUT which does not hold', () => {
    const c = new PanelCase({ milestones: 2 }).bind()
    const delivery = delivered(c)
    const timeout = c.put(c.timeout(worker, 'review', { at: T0 + 20_000 }))
    const second = c.put(
      sign('deliver', worker, { ...c.deliver(goodHash, { prev: timeout, at: T0 + 20_010 }).body, milestone: 1 }),
    )
    const slot = { entry: second.id, duty: 'review', milestone: 1, k: 0 } as const
    c.certify({ entry: timeout.id, duty: 'delivery', milestone: 1, k: 0 }, 'timely', second, {
      due: T0 + 30_000,
      at: T0 + 20_020,
    })
    const due = c.due(slot)
    c.certify(slot, 'absent', c.put(c.ask(slot)))
    c.put(
      sign('timeout', worker, {
        ...c.link({ prev: second, at: due + 600 }),
        milestone: 1,
        duty: 'review',
        slot: second.id,
      }),
    )
    expect(verdictOf(c)).toMatchObject({ end: 'undecided', ...nobody })
    // With the first silence certified both are.
    const first = { entry: delivery.id, duty: 'review', milestone: 0, k: 0 } as const
    c.certify(first, 'absent', c.put(c.ask(first)))
    expect(verdictOf(c)).toMatchObject({ end: 'settled', fault: 'SILENT_REVIEW' })
    expect(verdictOf(c).faults.map((each) => each.milestone)).toEqual([0, 1])
  })

  test('VER-04: who goes on from the other side’s TIMEOUT has taken its word, and nobody is at fault', () => {
    const c = new PanelCase({ milestones: 2 }).bind()
    delivered(c)
    const timeout = c.put(c.timeout(worker, 'review', { at: T0 + 20_000 }))
    expect(verdictOf(c)).toMatchObject({ end: 'undecided', ...nobody })
    c.put(
      sign('timeout', requester, {
        ...c.link({ prev: timeout, at: T0 + 40_000 }),
        milestone: 1,
        duty: 'delivery',
        slot: timeout.id,
      }),
    )
    const records = c.records.filter((each) => each.type !== 'timeout' || each.id === timeout.id)
    expect(verdictOf(c, records).evidence).toContain(timeout.id)
    expect(verdictOf(c).evidence).not.toContain(timeout.id)
  })
})

describe('what costs nothing', () => {
  const rows: [string, EndName, (c: PanelCase) => void][] = [
    ['a decline', 'declined', (c) => c.put(c.decline())],
    ['a lapse', 'lapsed', (c) => c.reopening('lapsed', null)],
    ['an accept that nobody opened', 'lapsed', (c) => (c.put(c.accept()), c.reopening('lapsed', null))],
    ['a failure that the requester accepts', 'failed', (c) => (c.bind().put(c.failed()), c.put(c.approve()))],
    ['a withdrawal without an opening', 'withdrawn', (c) => (c.put(c.accept()), c.put(c.withdraw()))],
    ['a cancel by both', 'cancelled', (c) => c.bind().put(c.cancel(c.put(c.cancelRequest(requester)).id, worker))],
    ['a split', 'split', (c) => (c.bind().put(c.deliver()), c.put(c.reject('opinion')))],
    ['an undecided clock', 'undecided', (c) => c.bind().put(c.timeout(requester, 'delivery'))],
    [
      'a bid that came to nothing',
      'undecided',
      (c) => c.closing(worker, { end: 'undecided', party: null, fault: null }, []),
    ],
  ]
  test.each(rows)('VER-13: %s costs nobody anything, with a panel as without', (_name, end, write) => {
    const c = new PanelCase()
    write(c)
    expect(verdictOf(c)).toMatchObject({ end, ...nobody })
  })
})
