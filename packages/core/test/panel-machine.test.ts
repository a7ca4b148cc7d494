import { describe, expect, test } from 'vitest'
import type { HaggleRecord, Slot } from '@haggle/protocol'
import { slotOfDuty } from '../src/contract/slots.ts'
import { ackMs, dueOfSlot, exposureUntil, graceMs, reworkMs } from '../src/contract/timing.ts'
import { faultIdOf } from '../src/judge/fault-id.ts'
import { judge } from '../src/judge/judge.ts'
import { orderTaskRecords } from '../src/judge/task-file.ts'
import { Case, requester, sign, stranger, T0, termsOf, worker } from './contract-case.ts'
import { PanelCase } from './panel-case.ts'

const answerTo = (c: Case, record: HaggleRecord): string => {
  const step = c.step(record)
  if (step.kind === 'refused') return step.refusal
  return step.kind === 'violation' ? step.violation.code : step.kind
}
/** One vote of the first member. */
function voteOn(
  c: PanelCase,
  slot: Slot,
  verdict: 'timely' | 'late' | 'absent',
  names: HaggleRecord,
): HaggleRecord<'vote'> {
  const [vote] = c.votes(slot, verdict, names, { count: 1 })
  if (vote === undefined) throw new TypeError('the panel is empty')
  return vote
}

describe('votes in a contract', () => {
  test('CON-47: a vote is taken from a member of the panel, in its contract and generation, and moves no pen', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const vote = voteOn(c, slot, 'absent', c.put(c.ask(slot)))
    expect(answerTo(c, sign('vote', stranger, vote.body))).toBe('role/not-party')
    expect(answerTo(c, sign('vote', worker, vote.body))).toBe('role/not-party')
    expect(answerTo(c, sign('vote', c.member(0), { ...vote.body, generation: 2 }))).toBe('generation/old')
    expect(answerTo(new PanelCase({ revisions: 1 }), vote)).toBe('contract/unknown')
    const { stage } = c.contract
    c.put(vote)
    expect([c.contract.stage, c.contract.votes]).toEqual([stage, [vote]])
    expect(answerTo(c, vote)).toBe('known')
  })

  test('CON-47: without a panel every vote is refused by name', () => {
    const c = new Case().bind()
    const slot = slotOfDuty(c.contract) ?? expect.fail('the worker owes a delivery')
    const body = {
      at: T0,
      contract: c.award.id,
      generation: 1,
      slot,
      verdict: 'timely',
      names: c.tip.id,
      due: T0,
    } as const
    expect(answerTo(c, sign('vote', stranger, { ...body, newest: c.tip.id }))).toBe('record/unsupported')
  })

  test('CON-47: the slot is one that an entry of the contract gave, and a vote waits for the records that it names', () => {
    const c = new PanelCase({ milestones: 2 }).bind()
    const { slot } = c
    const ask = c.ask(slot)
    expect(answerTo(c, voteOn(c, slot, 'absent', ask))).toBe('parked')
    c.put(ask)
    const wrong: Partial<Slot>[] = [
      { duty: 'review' },
      { milestone: 1 },
      { k: 1 },
      { duty: 'opening' },
      { entry: c.award.id },
    ]
    for (const part of wrong) {
      const vote = voteOn(c, slot, 'absent', ask)
      const other = sign('vote', vote.author, { ...vote.body, slot: { ...slot, ...part } })
      expect([part, answerTo(c, other)]).toEqual([part, 'note/unfounded'])
    }
    const delivery = c.deliver()
    const vote = voteOn(c, slot, 'timely', delivery)
    const later = sign('vote', vote.author, { ...vote.body, slot: { ...slot, entry: delivery.id, duty: 'review' } })
    expect([answerTo(c, vote), answerTo(c, later)]).toEqual(['parked', 'parked'])
  })

  test('CON-47: TIMELY and LATE name what met the slot, ABSENT an ask about it or the challenge of its lease', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const ask = c.put(c.ask(slot))
    const challenge = c.put(c.challenge(1))
    const alive = c.put(c.alive(challenge))
    const other = c.put(c.challenge(2))
    const receipt = c.contract.notes[0] ?? expect.fail('there is an opening')
    const delivery = c.put(c.deliver())
    const asked = c.put(c.receipt(delivery, requester))
    const cases: [Slot, 'timely' | 'late' | 'absent', HaggleRecord, string][] = [
      [slot, 'timely', delivery, 'added'],
      [slot, 'late', delivery, 'added'],
      [slot, 'timely', ask, 'note/unfounded'],
      [slot, 'timely', asked, 'note/unfounded'],
      [slot, 'absent', ask, 'added'],
      [slot, 'absent', challenge, 'note/unfounded'],
      [c.lease(1), 'absent', challenge, 'added'],
      [c.lease(1), 'absent', other, 'note/unfounded'],
      [c.lease(1), 'timely', alive, 'added'],
      [c.lease(2), 'timely', alive, 'note/unfounded'],
      [c.lease(2), 'timely', delivery, 'added'],
      [c.lease(2), 'timely', receipt, 'note/unfounded'],
      [{ ...c.lease(1), milestone: 1 }, 'absent', challenge, 'note/unfounded'],
    ]
    for (const [where, verdict, names, expected] of cases)
      expect([where.duty, where.k, verdict, names.type, answerTo(c, voteOn(c, where, verdict, names))]).toEqual([
        ...[where.duty, where.k, verdict, names.type, expected],
      ])
  })

  test('CON-47: of one member in one slot four votes are kept, and no more', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    const ask = c.put(c.ask(slot))
    const vote = voteOn(c, slot, 'absent', ask)
    const others = Array.from({ length: 6 }, (_, index) =>
      sign('vote', vote.author, { ...vote.body, at: vote.body.at + index }),
    )
    const answers = others.map((each) => {
      const answer = answerTo(c, each)
      if (answer === 'added') c.put(each)
      return answer
    })
    expect(answers).toEqual(['added', 'added', 'added', 'added', 'note/full', 'note/full'])
  })
})

describe('notes to a panel', () => {
  test('CON-48: who waits asks, the requester challenges and revives, the worker answers', () => {
    const c = new PanelCase({ revisions: 1 })
    const accept = c.put(c.accept())
    const opening: Slot = { entry: accept.id, duty: 'opening', milestone: 0, k: 0 }
    expect(answerTo(c, c.ask(opening))).toBe('added')
    expect(answerTo(c, c.ask(opening, undefined, requester))).toBe('note/unfounded')
    c.put(c.heartbeat(c.put(c.opening(accept))))
    const { slot } = c
    expect(answerTo(c, c.ask(slot))).toBe('added')
    expect(answerTo(c, c.ask(slot, undefined, worker))).toBe('note/unfounded')
    expect(answerTo(c, sign('ask', requester, { ...c.note(), slot: c.lease() }))).toBe('note/unfounded')
    const challenge = c.put(c.challenge(1))
    expect(answerTo(c, sign('challenge', worker, challenge.body))).toBe('note/unfounded')
    expect(answerTo(c, c.challenge(1, c.tick(), 1))).toBe('note/unfounded')
    expect(answerTo(c, c.alive(challenge))).toBe('added')
    expect(answerTo(c, c.alive(c.challenge(2)))).toBe('parked')
    expect(answerTo(c, sign('alive', requester, c.alive(challenge).body))).toBe('note/unfounded')
    expect(answerTo(c, c.revived(c.lease(3)))).toBe('added')
    expect(answerTo(c, c.revived(slot))).toBe('note/unfounded')
    expect(answerTo(c, sign('revived', worker, c.revived(c.lease()).body))).toBe('note/unfounded')
    const held = { ...c.note(), sealedHash: c.award.body.terms.input.hash }
    expect([answerTo(c, sign('held', requester, held)), answerTo(c, sign('held', worker, held))]).toEqual([
      'added',
      'note/unfounded',
    ])
    const delivery = c.put(c.deliver())
    c.put(c.receipt(delivery, requester))
    expect([answerTo(c, c.ask(c.slot)), answerTo(c, c.ask(c.slot, T0 + 30_000, requester))]).toEqual([
      'added',
      'note/unfounded',
    ])
  })
})

describe('slots and their dues', () => {
  test('each duty has its slot: named by the entry that gave it', () => {
    const c = new PanelCase({ milestones: 2, revisions: 1 })
    expect(slotOfDuty(c.contract)).toBeNull()
    const accept = c.put(c.accept())
    expect(slotOfDuty(c.contract)).toEqual({ entry: accept.id, duty: 'delivery', milestone: 0, k: 0 })
    // The opening is due at accept + G.
    expect(dueOfSlot(c.contract, { entry: accept.id, duty: 'opening', milestone: 0, k: 0 })).toBe(T0 + 300 + 3 + 150)
    expect(dueOfSlot(c.contract, c.lease())).toBeNull()
    const delivery = c.put(c.deliver())
    expect(slotOfDuty(c.contract)).toEqual({ entry: delivery.id, duty: 'review', milestone: 0, k: 0 })
    const rejection = c.put(c.reject('opinion'))
    expect(slotOfDuty(c.contract)).toEqual({ entry: rejection.id, duty: 'rework', milestone: 0, k: 0 })
    c.put(c.deliver())
    const approval = c.put(c.approve())
    expect(slotOfDuty(c.contract)).toEqual({ entry: approval.id, duty: 'delivery', milestone: 1, k: 0 })
    c.put(c.receipt(approval, worker))
    const timeout = c.miss()
    expect(slotOfDuty(c.contract)).toBeNull()
    expect(timeout.body.slot).toBe(approval.id)
  })

  test('TIME-19: with a panel the exposure leaves G once more for each clock that a certificate can start', () => {
    const without = termsOf({ revisions: 2 })
    const hops = 3 + 2
    const { timers, milestones } = without
    const longest = Math.max(...milestones.map(({ durationMs }) => durationMs))
    // A rejection that blames the seal gives a rework clock of its own (WIT-39).
    const forKey = reworkMs(longest, timers) + ackMs(timers) + 2 * graceMs(timers)
    expect(exposureUntil({ ...without, panelSize: 4 }) - exposureUntil(without)).toBe(hops * 150 + forKey)
  })
})

describe('names of faults', () => {
  const ports = { checkResult: () => ({ kind: 'unknown' }) as const, payload: () => undefined }

  test('VER-09: a fault is named by contract, party and slot, not by the certificate that proves it', () => {
    const c = new PanelCase().bind()
    const { slot } = c
    c.miss()
    const [fault] = judge(c.records, ports)[0]?.faults ?? []
    expect(fault?.id).toBe(faultIdOf(c.award.id, worker, slot))
    const [later] = c.votes(slot, 'absent', c.contract.notes.find((note) => note.type === 'ask') ?? c.award, {
      from: 3,
      count: 1,
    })
    const first = c.contract.votes[0]
    const records = [...c.records.filter((each) => each.id !== first?.id), ...(later === undefined ? [] : [later])]
    const [again] = judge(records, ports)[0]?.faults ?? []
    expect(again).toMatchObject({ id: fault?.id, slash: fault?.slash })
    expect(again?.evidence).not.toEqual(fault?.evidence)
    expect(faultIdOf(c.award.id, requester, slot)).not.toBe(fault?.id)
    expect(faultIdOf(c.award.id, worker, null)).not.toBe(fault?.id)
  })

  test('FILE-01: votes and asks stand on the entry whose duty they are about, votes last', () => {
    const c = new PanelCase().bind()
    c.miss()
    const types = orderTaskRecords(c.records).map((each) => each.type)
    const votes = c.contract.votes.map(() => 'vote')
    expect(types.slice(types.indexOf('accept') + 1).toSorted()).toEqual(
      ['ask', 'heartbeat', 'opening', ...votes, 'timeout'].toSorted(),
    )
    expect(types.slice(-1 - votes.length)).toEqual([...votes, 'timeout'])
  })
})
