import type { AgentKey, RecordId } from '@haggle/protocol'
import { describe, expect, test } from 'vitest'
import {
  decideSlot,
  decisionDue,
  newSlot,
  noteAcknowledged,
  noteArrival,
  noteBytes,
  noteEcho,
  takeAsk,
  takeChallenge,
  type Ballot,
  type Sight,
  type SlotMemory,
  type SlotRules,
} from '../src/witness/slot-vote.ts'

const G = 150
const DUE = 100_000
const ASKED = DUE + 2 * G
const rules: SlotRules = {
  ...{ duty: 'delivery', due: DUE, graceMs: G, echoWaitMs: G, lateMs: 2_000, askWindowMs: 6_000, answerMs: 120 },
  ...{ echo: 2, exposureUntil: DUE + 50_000 },
}
const lease: SlotRules = { ...rules, duty: 'lease', lateMs: 0 }
const there: Sight = { mayVote: true, wasPresent: () => true, isBarred: false, answer: null }

// Any 32 bytes serve as a name where nothing is signed.
const idOf = (letter: string): RecordId => letter.repeat(64) as RecordId
const [delivery, other, ask] = [idOf('d'), idOf('e'), idOf('a')]
const member = (n: number): AgentKey => `${n}`.repeat(64) as AgentKey

/** Both clocks of the witness: they differ by a constant. */
const at = (wall: number): { wall: number; mono: number } => ({ wall, mono: wall - 90_000 })

/** One witness of one slot, step by step; what it decides is signed at once. */
class Bench {
  readonly slot: SlotMemory = newSlot()
  readonly signed: string[] = []
  readonly rules: SlotRules
  sight: Sight

  constructor(rulesHere: SlotRules = rules, sight: Sight = there) {
    this.rules = rulesHere
    this.sight = sight
  }

  arrives(wall: number, { id = delivery, pushed = true, transferMs = null as number | null } = {}): this {
    noteArrival(this.slot, id, { at: wall, mono: at(wall).mono, pushed, transferMs })
    return this.looks(wall)
  }

  bytes(wall: number, id = delivery): this {
    noteBytes(this.slot, id, at(wall).mono)
    return this.looks(wall)
  }

  echo(wall: number, by: number, id = delivery): this {
    noteEcho(this.slot, member(by), id)
    return this.looks(wall)
  }

  asked(wall: number, dated = wall): this {
    takeAsk(this.slot, this.rules, { id: ask, at: dated }, at(wall))
    return this.looks(wall)
  }

  looks(wall: number): this {
    for (const ballot of decideSlot(this.slot, this.rules, at(wall), this.sight)) this.#sign(ballot)
    return this
  }

  #sign({ verdict, names, at: time }: Ballot): void {
    if (verdict === 'late') this.slot.late = true
    else this.slot.main = verdict
    this.signed.push(`${verdict} ${names.slice(0, 1)} ${time - DUE}`)
  }
}

describe('what comes in time', () => {
  test('WIT-15 a record that comes by due + G is TIMELY at its arrival, one millisecond later it is LATE', () => {
    expect(new Bench().arrives(DUE + G).signed).toEqual(['timely d 150'])
    expect(new Bench().arrives(DUE + G + 1).signed).toEqual(['late d 151'])
  })

  test('WIT-14 its bytes follow within their transfer, and the vote has the time of the record', () => {
    const bench = new Bench().arrives(DUE + G, { transferMs: 40 })
    expect(bench.signed).toEqual([])
    expect(bench.bytes(DUE + G + 40).signed).toEqual(['timely d 150'])
    expect(new Bench().arrives(DUE, { transferMs: 40 }).bytes(DUE + 41).signed).toEqual([])
  })

  test('WIT-14 a second arrival changes nothing about the first', () => {
    const bench = new Bench().arrives(DUE, { transferMs: 40 }).arrives(DUE + 30, { transferMs: 40 })
    expect(bench.bytes(DUE + 60).signed).toEqual([])
  })

  test('T-32 WIT-15 with f + 1 echoes and the bytes it is TIMELY whenever it came; one echo fewer, or no bytes, is not enough', () => {
    const late = DUE + G + 5
    const one = new Bench().arrives(late, { pushed: false }).echo(late, 1)
    expect(one.signed).toEqual([])
    expect(one.echo(late, 1).signed).toEqual([])
    expect(one.echo(late + 1, 2).signed).toEqual(['timely d 155'])
    const hollow = new Bench().arrives(late, { pushed: false, transferMs: 40 }).echo(late, 1).echo(late, 2)
    expect(hollow.signed).toEqual([])
    expect(hollow.bytes(late + 900).signed).toEqual(['timely d 155'])
    expect(new Bench().echo(late, 1).echo(late, 2).signed).toEqual([])
  })

  test('WIT-15 echoes of another record say nothing about this one', () => {
    const bench = new Bench().arrives(DUE + G + 5, { pushed: false }).echo(DUE + G + 6, 1)
    expect(bench.echo(DUE + G + 6, 2, other).signed).toEqual([])
  })
})

describe('what comes late', () => {
  test('WIT-18 LATE reaches to due + G + L and no further', () => {
    expect(new Bench().arrives(DUE + G + 2_000).signed).toEqual(['late d 2150'])
    expect(new Bench().arrives(DUE + G + 2_001).signed).toEqual([])
  })

  test('WIT-18 a copy that a member passed on is late for nobody, until a party brings it', () => {
    const bench = new Bench().arrives(DUE + G + 10, { pushed: false })
    expect(bench.signed).toEqual([])
    expect(bench.arrives(DUE + G + 20).signed).toEqual(['late d 160'])
  })

  test('WIT-18 LATE stands beside ABSENT, and beside a TIMELY that came by echo', () => {
    const bench = new Bench().asked(ASKED).looks(ASKED + G)
    expect(bench.arrives(ASKED + G + 5).signed).toEqual(['absent a 450', 'late d 455'])
    const cleared = new Bench()
      .arrives(DUE + G + 5)
      .echo(DUE + G + 6, 1)
      .echo(DUE + G + 7, 2)
    expect(cleared.signed).toEqual(['late d 155', 'timely d 155'])
  })

  test('WIT-18 nothing is LATE for an opening', () => {
    expect(new Bench({ ...rules, duty: 'opening', lateMs: 0 }).arrives(DUE + G + 1).signed).toEqual([])
  })
})

describe('an ask', () => {
  const answer = (wall: number, dated: number, slot = newSlot()): string =>
    takeAsk(slot, rules, { id: ask, at: dated }, at(wall))

  test('WIT-16 is taken from due + G + echoWait until due + G + L + askWindow', () => {
    expect(answer(ASKED, ASKED)).toBe('taken')
    expect(answer(ASKED, ASKED - 1)).toBe('early')
    expect(answer(DUE + G + 8_000, ASKED)).toBe('taken')
    expect(answer(DUE + G + 8_001, ASKED)).toBe('too-late')
    expect(answer(ASKED, rules.exposureUntil - 2 * G + 1)).toBe('too-late')
  })

  test('WIT-16 that comes before the own clock gets there waits for it', () => {
    const bench = new Bench().asked(ASKED - 80, ASKED)
    expect(decisionDue(bench.slot)).toBe(at(ASKED + G).mono)
    expect(bench.looks(ASKED + G - 1).signed).toEqual([])
    expect(bench.looks(ASKED + G).signed).toEqual(['absent a 450'])
  })

  test('WIT-16 is answered once: the first one counts, and a vote is answered with itself', () => {
    const slot = newSlot()
    expect(answer(ASKED, ASKED, slot)).toBe('taken')
    expect(answer(ASKED + 1, ASKED, slot)).toBe('known')
    slot.main = 'timely'
    expect(answer(ASKED + 2, ASKED, slot)).toBe('voted')
  })

  test('WIT-16 gives the accused echoWait, and then nothing but ABSENT is left', () => {
    const bench = new Bench().asked(ASKED).looks(ASKED + G - 1)
    expect(bench.signed).toEqual([])
    expect(decisionDue(bench.slot)).toBe(at(ASKED + G).mono)
    expect(bench.looks(ASKED + G).signed).toEqual(['absent a 450'])
    expect(decisionDue(bench.slot)).toBeNull()
  })

  test('WIT-14 waits for bytes that are under way when they may still be in time', () => {
    const slow = new Bench()
      .arrives(DUE + G, { transferMs: 400 })
      .asked(ASKED)
      .looks(ASKED + G)
    expect(slow.signed).toEqual([])
    expect(decisionDue(slow.slot)).toBe(at(DUE + G + 400).mono)
    expect(slow.bytes(DUE + G + 399).signed).toEqual(['timely d 150'])
    const never = new Bench()
      .arrives(DUE + G, { transferMs: 400 })
      .asked(ASKED)
      .looks(ASKED + G)
    expect(never.looks(DUE + G + 400).signed).toEqual(['absent a 550'])
  })

  test('WIT-17 whose author receipted the record, or linked to it, makes it TIMELY, bytes or not', () => {
    const bench = new Bench().asked(ASKED).arrives(ASKED + 10, { pushed: true, transferMs: 40 })
    noteAcknowledged(bench.slot, delivery)
    expect(bench.looks(ASKED + 11).signed).toEqual(['timely d 310'])
  })

  test('T-31 WIT-19 a witness that was not there all the while says nothing', () => {
    const seen: [number, number][] = []
    const away: Sight = { ...there, wasPresent: (from, until) => (seen.push([from - DUE, until - DUE]), false) }
    const bench = new Bench(rules, away).asked(ASKED).looks(ASKED + G)
    expect(bench.signed).toEqual([])
    expect(seen).toEqual([[-G, G]])
    expect(decisionDue(bench.slot)).toBeNull()
    expect(
      bench
        .arrives(ASKED + G, { pushed: false })
        .echo(ASKED + G, 1)
        .echo(ASKED + G, 2).signed,
    ).toEqual(['timely d 450'])
  })
})

describe('a vote is final', () => {
  test('WIT-06 after ABSENT there is no TIMELY, and after TIMELY no ABSENT', () => {
    const absent = new Bench().asked(ASKED).looks(ASKED + G)
    absent
      .arrives(DUE + G)
      .echo(ASKED + G, 1)
      .echo(ASKED + G, 2)
    noteAcknowledged(absent.slot, delivery)
    expect(absent.looks(ASKED + G + 1).signed).toEqual(['absent a 450'])
    expect(
      new Bench()
        .arrives(DUE)
        .asked(ASKED)
        .looks(ASKED + G).signed,
    ).toEqual(['timely d 0'])
  })

  test('WIT-24 nothing is signed after exposureUntil, nor while the own clock is in doubt', () => {
    expect(new Bench({ ...rules, exposureUntil: DUE - 1 }).arrives(DUE).signed).toEqual([])
    const doubtful = new Bench(rules, { ...there, mayVote: false })
      .arrives(DUE)
      .asked(ASKED)
      .looks(ASKED + G)
    expect(doubtful.signed).toEqual([])
    doubtful.sight = there
    expect(doubtful.looks(ASKED + G + 1).signed).toEqual(['timely d 0'])
  })
})

describe('a challenge', () => {
  const challenge = idOf('c')
  const challenged = (sight: Sight = there): Bench => {
    const bench = new Bench(lease, sight)
    expect(takeChallenge(bench.slot, lease, challenge, at(DUE))).toBe('taken')
    return bench.looks(DUE)
  }

  test('WIT-20 a sign of life within the answer window is TIMELY, silence is ABSENT at its end', () => {
    expect(challenged().arrives(DUE + 119, { id: other }).signed).toEqual(['timely e 119'])
    const silent = challenged().looks(DUE + 119)
    expect(silent.signed).toEqual([])
    expect(silent.looks(DUE + 120).signed).toEqual(['absent c 120'])
    expect(silent.arrives(DUE + 121, { id: other }).signed).toEqual(['absent c 120'])
  })

  test('WIT-20 without a challenge a sign of life is no vote', () => {
    expect(new Bench(lease).arrives(DUE, { id: other }).signed).toEqual([])
  })

  test('WIT-19 a witness that was not there all through the answer window says nothing, for ever', () => {
    const seen: [number, number][] = []
    const away: Sight = { ...there, wasPresent: (from, until) => (seen.push([from - DUE, until - DUE]), false) }
    const bench = challenged(away).looks(DUE + 120)
    expect(seen).toEqual([[0, 120]])
    expect(bench.arrives(DUE + 130, { id: other }).signed).toEqual([])
  })

  test('WIT-22 who holds what the milestone came to answers every challenge with it', () => {
    expect(challenged({ ...there, answer: delivery }).signed).toEqual(['timely d 0'])
  })

  test('T-33 WIT-21 after an ABSENT on the lease a delivery is neither TIMELY nor ABSENT, unless its asker receipted it', () => {
    const barred: Sight = { ...there, isBarred: true }
    const bench = new Bench(rules, barred)
      .arrives(DUE)
      .echo(DUE, 1)
      .echo(DUE, 2)
      .asked(ASKED)
      .looks(ASKED + G)
    expect(bench.signed).toEqual([])
    noteAcknowledged(bench.slot, delivery)
    expect(bench.looks(ASKED + G + 1).signed).toEqual(['timely d 0'])
    expect(new Bench(rules, barred).asked(ASKED).looks(ASKED + G).signed).toEqual(['absent a 450'])
  })
})
