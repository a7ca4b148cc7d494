import { describe, expect, test } from 'vitest'
import { acceptDue, answerMs, lateWindowMs, profiles } from '../src/contract/timing.ts'
import { certificatesOf, panelOf, verdictOf } from '../src/witness/certificate.ts'
import { slotIdOf } from '../src/witness/slot.ts'
import { codeOf, makeUnfetchable } from './bench/hand.ts'
import { ASK_AT, DUE, G, PanelBench, repeated } from './bench/panel-bench.ts'
import { DURATION, garbageHash, requester, sign, worker } from './contract-case.ts'

const ACK = 2 * profiles.test.deltaMs
const L = lateWindowMs(DURATION, profiles.test)
const ANSWER = answerMs(profiles.test)

describe('a push', () => {
  test('WIT-13 WIT-15 WIT-29 of a delivery gives one TIMELY by each member, about the last record of the file alone', () => {
    const bench = new PanelBench().bound()
    const delivery = bench.until(DUE).delivery()
    bench.show(worker, delivery)
    bench.pass(ACK)
    expect(bench.votes()).toEqual(repeated(4, ['timely deliver']))
    const { body } = bench.member(0).newest('vote')
    expect(body).toMatchObject({ names: delivery.id, due: DUE, at: DUE, newest: delivery.id, slot: bench.slot })
  })

  test('WIT-23 takes the vote to every member and both parties, in at most n² + 3n messages with the push', () => {
    const bench = new PanelBench().bound()
    bench.show(worker, bench.until(DUE).delivery())
    bench.pass(10 * ACK)
    const [first] = bench.members
    const to = (key: string): string[] =>
      first?.sent.flatMap((each) => (each.to === key ? [each.record.type] : [])) ?? []
    for (const other of bench.members.slice(1)) {
      expect(to(other.key)).toEqual(['award', 'accept', 'opening', 'heartbeat', 'deliver', 'vote'])
    }
    expect(to(worker)).toEqual(['vote'])
    // The requester said nothing: it is shown the vote once more.
    expect(to(requester).filter((type) => type === 'vote')).toHaveLength(2)
    const votes = bench.members.flatMap(({ sent }) => sent.filter(({ record }) => record.type === 'vote'))
    expect(votes.length + 4).toBeLessThanOrEqual(4 * 4 + 3 * 4)
  })

  test('WIT-06 the vote is written down before it is sent, and with it the award that makes it ours to keep', () => {
    const bench = new PanelBench(1).bound()
    const [only] = bench.members
    bench.show(worker, bench.delivery())
    const kinds: string[] = []
    for (let left = 8; left > 0 && !kinds.includes('send vote'); left -= 1) {
      bench.pass(1)
      kinds.push(
        ...(only?.last ?? []).map((each) => {
          if (each.kind === 'persist') return `persist ${each.entry.kind === 'record' ? each.entry.record.type : ''}`
          return each.kind === 'send' ? `send ${each.records.at(-1)?.type}` : each.kind
        }),
      )
    }
    expect(kinds.slice(0, 3)).toEqual(['persist award', 'persist vote', 'send vote'])
  })

  test('WIT-23 that comes again is answered with the vote that was signed, over restarts too', () => {
    const bench = new PanelBench(1).bound()
    const delivery = bench.delivery()
    bench.show(worker, delivery)
    bench.pass(ACK)
    const [only] = bench.members
    const [vote] = only?.all('vote') ?? []
    const sent = (): number =>
      only?.sent.filter(({ to, record }) => to === worker && record.id === vote?.id).length ?? 0
    expect(sent()).toBe(1)
    only?.record(worker, delivery)
    expect(sent()).toBe(2)
    only?.restart()
    only?.command({ kind: 'witness', maxBytes: 1_000_000 })
    bench.show(worker, delivery)
    bench.pass(ACK)
    // It knows the file from what it holds as evidence.
    expect(sent()).toBe(3)
    bench.show(worker, delivery)
    expect(sent()).toBe(4)
    expect(only?.all('vote')).toHaveLength(1)
  })

  test('WIT-15 that reaches f + 1 members in time is timely for all, who get it from them', () => {
    const bench = new PanelBench().bound()
    const delivery = bench.until(DUE).delivery()
    const held: (() => void)[] = []
    bench.loses = ({ from, carry }) => bench.members.includes(from) && held.push(carry) > 0
    bench.show(worker, delivery, bench.members.slice(0, 2))
    bench.until(DUE + G + 1)
    expect(bench.votes()).toEqual([['timely deliver'], ['timely deliver'], [], []])
    bench.loses = () => false
    for (const carry of held) carry()
    bench.pass(ACK)
    expect(bench.votes()).toEqual(repeated(4, ['timely deliver']))
    expect(bench.member(3).newest('vote').body.at).toBe(DUE + G + 1)
  })

  test('WIT-14 without its bytes is no delivery, and nothing to echo', () => {
    const bench = new PanelBench().bound()
    makeUnfetchable(garbageHash)
    const { body } = bench.until(DUE).case.deliver(garbageHash, { at: DUE })
    const hollow = bench.case.put(sign('deliver', worker, { ...body, size: 10 }))
    bench.show(worker, hollow)
    bench.until(ASK_AT)
    expect(bench.votes()).toEqual(repeated(4, []))
    bench.show(requester, bench.ask())
    bench.pass(G + 10)
    expect(bench.votes()).toEqual(repeated(4, ['absent ask']))
  })

  test('WIT-14 a record that comes before the one it follows keeps the moment of its coming', () => {
    const bench = new PanelBench(1).bound()
    const delivery = bench.until(DUE + G).delivery()
    const [only] = bench.members
    const file = bench.case.records.slice(bench.case.records.indexOf(bench.case.award))
    only?.record(worker, bench.case.award)
    expect(codeOf(only?.record(worker, delivery) ?? { ok: true, id: null })).toBe('entry/parked')
    bench.pass(2 * ACK)
    for (const record of file) only?.record(worker, record)
    bench.pass(ACK)
    expect(bench.votes()).toEqual([['timely deliver']])
    expect(only?.newest('vote').body.at).toBe(DUE + G)
  })

  test('WIT-18 after due + G is LATE, and with an ask ABSENT and LATE, which is LATE', () => {
    const bench = new PanelBench().bound()
    const delivery = bench.until(DUE + G + 1).delivery()
    bench.show(worker, delivery)
    bench.until(ASK_AT)
    expect(bench.votes()).toEqual(repeated(4, ['late deliver']))
    bench.show(requester, bench.ask())
    bench.pass(G + 10)
    expect(bench.votes()).toEqual(repeated(4, ['late deliver', 'absent ask']))
    const panel = panelOf(bench.case.award)
    const votes = bench.members.flatMap((member) => member.all('vote'))
    const found = panel && certificatesOf(panel, votes).get(slotIdOf(panel.contract, bench.slot))
    expect(found && verdictOf(found, DUE).kind).toBe('late')
  })
})

describe('an ask', () => {
  test('WIT-16 goes on to the accused at once, with the file, and becomes ABSENT echoWait later', () => {
    const bench = new PanelBench().bound().until(ASK_AT)
    const ask = bench.ask()
    bench.show(requester, ask)
    const [first] = bench.members
    expect(first?.sent.filter(({ to }) => to === worker).map(({ record }) => record.type)).toEqual([
      'award',
      'accept',
      'opening',
      'heartbeat',
      'ask',
    ])
    bench.until(ASK_AT + G - 1)
    expect(bench.votes()).toEqual(repeated(4, []))
    bench.pass(1)
    expect(bench.votes()).toEqual(repeated(4, ['absent ask']))
    expect(first?.newest('vote').body).toMatchObject({ names: ask.id, due: DUE, at: ASK_AT + G, slot: bench.slot })
  })

  test('WIT-16 that is dated too early is refused, and one that comes too late opens no vote', () => {
    const bench = new PanelBench(1).bound().until(ASK_AT - 1)
    const [only] = bench.members
    bench.show(requester, bench.case.tip)
    const early = sign('ask', requester, { ...bench.case.note(ASK_AT - 1), slot: bench.slot })
    expect(only && codeOf(only.record(requester, early))).toBe('ask/early')
    const { leaseMs } = profiles.test
    bench.until(DUE + G + L + 10 * leaseMs + 1)
    bench.show(requester, bench.ask())
    bench.pass(2 * G)
    expect(bench.votes()).toEqual([[]])
  })

  test('WIT-17 after the asker has receipted the delivery is answered with TIMELY', () => {
    const bench = new PanelBench().bound()
    const delivery = bench.until(DUE + G + L).delivery()
    bench.case.put(bench.case.receipt(delivery, requester, DUE))
    bench.show(worker, delivery)
    bench.until(DUE + 2 * G + L)
    // Whoever was late and was receipted all the same needs nobody's vote.
    expect(bench.votes()).toEqual(repeated(4, []))
    bench.show(requester, bench.ask())
    bench.pass(G)
    expect(bench.votes()).toEqual(repeated(4, ['timely deliver']))
  })

  test('WIT-05 about a review is the worker’s, and that about an opening too', () => {
    const bench = new PanelBench(1)
    const accept = bench.case.put(bench.case.accept())
    const due = acceptDue(bench.case.award) + G
    bench.until(due + 2 * G)
    const slot = { entry: accept.id, duty: 'opening', milestone: 0, k: 0 } as const
    bench.show(worker, bench.ask(slot, worker))
    bench.pass(G)
    expect(bench.votes()).toEqual([['absent ask']])
    expect(bench.member(0).newest('vote').body.slot).toEqual(slot)
  })

  test('WIT-24 is not decided while the own clock is in doubt, and nothing is signed after exposureUntil', () => {
    const bench = new PanelBench().bound().until(ASK_AT)
    const [first] = bench.members
    if (first === undefined) throw new TypeError('a panel has members')
    first.wallAhead = 10_000
    first.alarm()
    expect(first.engine.clockDoubt()).not.toBeNull()
    bench.show(requester, bench.ask())
    bench.pass(2 * G)
    expect(bench.votes()).toEqual([[], ...repeated(3, ['absent ask'])])
    const late = new PanelBench(1).bound()
    late.until(late.case.award.body.exposureUntil + 1)
    const [only] = late.members
    expect(only && codeOf(only.record(requester, late.case.award))).toBe('award/late')
  })
})

describe('a challenge', () => {
  test('WIT-20 goes on to the worker at once; its sign of life in time is TIMELY, silence is ABSENT', () => {
    const bench = new PanelBench().bound().until(DUE - 5_000)
    const challenge = bench.challenge()
    bench.show(requester, challenge)
    expect(
      bench
        .member(0)
        .sent.filter(({ to }) => to === worker)
        .at(-1)?.record.id,
    ).toBe(challenge.id)
    bench.pass(ANSWER - 1)
    bench.show(worker, bench.alive(challenge.id))
    bench.pass(ANSWER)
    expect(bench.votes()).toEqual(repeated(4, ['timely alive']))
    bench.show(requester, bench.challenge(2))
    bench.pass(ANSWER)
    expect(bench.votes()).toEqual(repeated(4, ['timely alive', 'absent challenge']))
  })

  test('WIT-20 that is dated after the due, comes after due + G, or is about no milestone that runs, asks nobody', () => {
    for (const [dated, comes, milestone, votes] of [
      [DUE, DUE + G, 0, ['absent challenge']],
      [DUE + 1, DUE + 1, 0, []],
      [DUE, DUE + G + 1, 0, []],
      [DUE - 1_000, DUE - 1_000, 1, []],
    ] as const) {
      const bench = new PanelBench(1, { milestones: 2 }).bound().until(comes)
      const body = { ...bench.case.note(dated), milestone, k: 1 }
      bench.show(requester, bench.case.put(sign('challenge', requester, body)))
      bench.pass(ANSWER)
      expect([dated - DUE, comes - DUE, milestone, bench.votes()]).toEqual([
        dated - DUE,
        comes - DUE,
        milestone,
        [votes],
      ])
    }
  })

  test('WIT-22 is answered with the delivery by whoever holds it, or called it timely before a restart', () => {
    const bench = new PanelBench().bound().until(DUE - 5_000)
    bench.show(worker, bench.delivery())
    bench.pass(ACK)
    bench.member(0).restart()
    bench.member(0).command({ kind: 'witness', maxBytes: 1_000_000 })
    bench.meet(...bench.members)
    const challenge = sign('challenge', requester, { ...bench.case.note(bench.time), milestone: 0, k: 1 })
    for (const member of bench.members) for (const each of [bench.case.award, challenge]) member.record(requester, each)
    bench.pass(ANSWER + ACK)
    expect(bench.votes()).toEqual(repeated(4, ['timely deliver', 'timely deliver']))
  })

  test('WIT-21 that was not answered bars TIMELY for the delivery, until the requester lets the lease live again', () => {
    const bench = new PanelBench().bound().until(DUE - 5_000)
    bench.show(requester, bench.challenge())
    bench.pass(ANSWER)
    const delivery = bench.delivery()
    bench.show(worker, delivery)
    bench.pass(ACK)
    expect(bench.votes()).toEqual(repeated(4, ['absent challenge']))
    const lease = { entry: bench.case.award.id, duty: 'lease', milestone: 0, k: 1 } as const
    const certificate = slotIdOf(bench.case.award.id, lease)
    const revived = bench.case.put(sign('revived', requester, { ...bench.case.note(bench.time), certificate }))
    bench.show(requester, revived)
    bench.pass(ACK)
    expect(bench.votes()).toEqual(repeated(4, ['absent challenge', 'timely deliver']))
  })
})

describe('who was away', () => {
  test('WIT-19 says no ABSENT: after a restart, alone, or when the others came only later', () => {
    const bench = new PanelBench().bound().until(DUE)
    const [restarted, alone, late] = bench.members
    if (restarted === undefined || alone === undefined || late === undefined) throw new TypeError('a panel of four')
    restarted.restart()
    restarted.command({ kind: 'witness', maxBytes: 1_000 })
    bench.meet(...bench.members)
    for (const other of bench.members) if (other !== alone) bench.part(alone, other)
    for (const other of bench.members) if (other !== late && other !== alone) bench.part(late, other)
    bench.until(DUE + G - 1)
    for (const other of bench.members) if (other !== late && other !== alone) bench.meet(late, other)
    bench.until(ASK_AT)
    bench.show(requester, bench.ask())
    bench.pass(G)
    expect(bench.votes()).toEqual([[], [], [], ['absent ask']])
  })

  test('WIT-19 on a panel of one any peer is company', () => {
    const bench = new PanelBench(1).bound().until(DUE)
    const [only] = bench.members
    only?.peerDown(requester)
    bench.until(ASK_AT)
    bench.show(requester, bench.ask())
    bench.pass(G)
    expect(bench.votes()).toEqual([['absent ask']])
    const lonely = new PanelBench(1).bound().until(DUE)
    lonely.member(0).peerDown(requester)
    lonely.member(0).peerDown(worker)
    lonely.until(ASK_AT)
    lonely.show(requester, lonely.ask())
    lonely.pass(G)
    expect(lonely.votes()).toEqual([[]])
  })

  test('WIT-28 is shown its own votes by the others when it comes back, and signs no other ones', () => {
    const bench = new PanelBench().bound()
    const delivery = bench.delivery()
    bench.show(worker, delivery)
    bench.pass(ACK)
    const [first] = bench.members
    if (first === undefined) throw new TypeError('a panel has members')
    const [vote] = first.all('vote')
    first.log.length = 0
    first.restart([])
    first.command({ kind: 'witness', maxBytes: 1_000_000 })
    bench.meet(...bench.members)
    expect(first.all('vote').map(({ id }) => id)).toEqual([vote?.id])
    bench.until(DUE + 2 * G)
    bench.show(requester, bench.ask())
    bench.pass(2 * G)
    expect(first.all('vote')).toHaveLength(1)
  })

  test('WIT-28 signs no other vote than the one that came back to it as evidence before it witnessed again', () => {
    const bench = new PanelBench().bound()
    bench.show(worker, bench.delivery())
    bench.pass(ACK)
    const first = bench.member(0)
    const [vote] = first.all('vote')
    if (vote === undefined) throw new TypeError('a member that holds the delivery has voted')
    first.log.length = 0
    first.restart([])
    for (const record of [bench.case.award, vote]) first.command({ kind: 'evidence', record })
    first.command({ kind: 'witness', maxBytes: 1_000_000 })
    bench.until(DUE + 2 * G)
    bench.show(requester, bench.ask())
    bench.pass(2 * G)
    expect(
      first.log.flatMap((entry) => (entry.kind === 'record' && entry.record.type === 'vote' ? [entry.record.id] : [])),
    ).toEqual([vote.id])
  })

  test('WIT-06 a snapshot remembers what was voted', () => {
    const bench = new PanelBench(1).bound()
    bench.show(worker, bench.delivery())
    bench.pass(ACK)
    const [only] = bench.members
    const parts = only?.engine.snapshot() ?? []
    only?.restart([])
    for (const part of parts) only?.engine.handle({ kind: 'recalled', part })
    expect(only?.engine.snapshot()).toEqual(parts)
    expect(parts.map(({ kind }) => kind)).toContain('kept-votes')
  })
})
