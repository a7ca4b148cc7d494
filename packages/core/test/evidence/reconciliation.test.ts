import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { test } from '@fast-check/vitest'
import { bounds, encodeFrame, LAST_EPOCH, limits, type ReconcileFrame, type ReconcileRange } from '@haggle/protocol'
import { Reconciliation } from '../../src/evidence/reconciliation.ts'
import { exchange, Heap, idOf, saltOf, type Item } from './exchange.ts'

/** So many records over so many epochs, of one name. */
function items(name: string, count: number, epochs = 100): readonly Item[] {
  return Array.from({ length: count }, (_, n) => ({
    epoch: 472_000 + ((n * 7_919) % epochs),
    id: idOf(`${name} ${n}`),
  }))
}

const anyItem = fc
  .tuple(fc.integer({ min: 472_000, max: 472_004 }), fc.nat(400))
  .map(([epoch, n]): Item => ({ epoch, id: idOf(`${epoch} ${n}`) }))
const anyItems = fc.uniqueArray(anyItem, { maxLength: 150, size: 'max', selector: ({ id }) => id })

describe('two sides that compare what they hold', () => {
  test.prop([anyItems, anyItems, anyItems])(
    'EVI-14: have the same digest afterwards, whatever they held, and neither is sent what it has',
    (common, ours, theirs) => {
      const opener = new Heap([...common, ...ours])
      const answerer = new Heap([...common, ...theirs])
      const lacks = (from: Heap, to: Heap): readonly string[] =>
        [...from.items.keys()].filter((id) => !to.has(id)).toSorted()
      const expected = [lacks(answerer, opener), lacks(opener, answerer)]
      const { steps } = exchange(opener, answerer)
      expect(opener.digest).toBe(answerer.digest)
      const given = (turn: number): readonly string[] =>
        steps.flatMap(({ give }, at) => (at % 2 === turn ? give : [])).toSorted()
      expect([given(0), given(1)]).toEqual(expected)
    },
  )

  test('EVI-12: with equal sets need two messages and 200 bytes', () => {
    const held = items('common', 10_000)
    const { messages, bytes, ends } = exchange(new Heap(held), new Heap(held))
    expect([messages, ends]).toEqual([2, ['equal', 'equal']])
    expect(bytes).toBeLessThan(200)
  })

  test.each([1, 100, 5_000])(
    'EVI-14: of ten thousand records over %i epochs, a hundred of them with one side alone, need six messages and 60 KB',
    (epochs) => {
      const common = items('common', 9_900, epochs)
      const ours = items('ours', 50, epochs)
      const theirs = items('theirs', 50, epochs)
      const opener = new Heap([...common, ...ours])
      const answerer = new Heap([...common, ...theirs])
      const { messages, bytes, ends } = exchange(opener, answerer)
      expect(opener.digest).toBe(answerer.digest)
      expect(ends).toEqual(['done', 'done'])
      expect(messages).toBeLessThanOrEqual(6)
      expect(bytes).toBeLessThanOrEqual(60_000)
    },
  )

  test('EVI-17: that have nothing in common are equal after some sessions, each of which hands over no more than it may', () => {
    const opener = new Heap(items('ours', 3 * bounds.reconcileGives))
    const answerer = new Heap(items('theirs', 50))
    const ends: (readonly (string | null)[])[] = []
    for (let session = 1; opener.digest !== answerer.digest; session += 1) {
      const { steps, ends: both } = exchange(opener, answerer, session)
      const given = steps.flatMap(({ give }, at) => (at % 2 === 1 ? give : []))
      expect(given.length).toBeLessThanOrEqual(bounds.reconcileGives)
      ends.push(both)
      expect(session).toBeLessThan(8)
    }
    expect(ends.length).toBeGreaterThanOrEqual(3)
    expect(ends[0]).toContain('partial')
  })

  test('EVI-04 EVI-14 EVI-15: say word for word what the example of the specification says', () => {
    const named = (names: string): Heap => new Heap(names.split('').map((name) => ({ epoch: 500_000, id: idOf(name) })))
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(idOf)
    const [opener, answerer] = [named('abc'), named('bcd')]
    expect([opener.digest, answerer.digest, named('abcd').digest]).toEqual([
      'd3377baaccb96c2829613a8873e82a5440e959c04833e3ebc90b948da96a96de',
      '390c81ff1bbd2984e54e38d2cf8d2ebdfbb79c7a0993dd9b877c0fc6d0090718',
      '9547f5552063acb02f264064f1220027e3574f60fbd8d44c6b1b4c4c078ddfcc',
    ])
    const { steps } = exchange(opener, answerer)
    expect(steps.map(({ reply }) => reply?.ranges.map((each) => [each.epoch, each.prefix.length, each.ids]))).toEqual([
      [[LAST_EPOCH, 0, [d, c, b]]],
      [],
      [],
      undefined,
    ])
    expect(steps.map(({ reply }) => [reply?.offer, reply?.want])).toEqual([
      [[], []],
      [[a], [d]],
      [[], [a]],
      [undefined, undefined],
    ])
    expect(steps.map(({ give }) => give)).toEqual([[], [], [d], [a]])
    expect([opener.digest, answerer.digest]).toEqual([named('abcd').digest, named('abcd').digest])
  })

  test('T-83 EVI-13: say different things of equal ranges in two sessions, so that nobody can prepare a collision', () => {
    const held = new Heap(items('common', 1_000))
    const told = (own: number, theirs: number): readonly unknown[] => {
      const begin = { salt: saltOf(theirs), digest: new Uint8Array(32) }
      const { reply } = new Reconciliation(held, 1, saltOf(own)).receive({ ...opening, begin })
      return reply?.ranges.map(({ print }) => print) ?? []
    }
    expect(told(1, 2)).toEqual(told(1, 2))
    for (const other of [told(1, 3), told(3, 2), told(2, 1)]) expect(other).not.toEqual(told(1, 2))
  })

  test('EVI-15: go on with a session in its order alone; what belongs to none changes nothing', () => {
    const machine = new Reconciliation(new Heap(items('common', 300)), 7, saltOf(1))
    const frame = { ...opening, session: 7, begin: { salt: saltOf(2), digest: new Uint8Array(32) } }
    const empty = { reply: null, want: [], give: [], end: null, violation: null }
    expect(machine.receive({ ...frame, session: 8 })).toEqual(empty)
    expect(machine.receive({ ...frame, step: 2, begin: null })).toEqual(empty)
    expect(machine.receive(frame).reply).toMatchObject({ session: 7, step: 1 })
    expect(machine.receive(frame)).toEqual(empty)
    expect(machine.receive({ ...frame, step: 2, begin: null }).end).toBe('done')
    expect(machine.receive({ ...frame, step: 4, begin: null })).toEqual(empty)
  })
})

const opening: ReconcileFrame = { kind: 'reconcile', session: 1, step: 0, begin: null, ranges: [], offer: [], want: [] }
const range = (epoch: number, change: Partial<ReconcileRange> = {}): ReconcileRange => ({
  epoch,
  prefix: new Uint8Array(),
  print: null,
  ids: null,
  ...change,
})

/** Somebody who has heard an answer to its first message, and now says what it likes. */
function provoked(held: Heap): { readonly machine: Reconciliation; say(step: Partial<ReconcileFrame>): void } {
  const machine = new Reconciliation(held, 1, saltOf(1))
  machine.receive({ ...opening, begin: { salt: saltOf(2), digest: new Uint8Array(32) } })
  return { machine, say: (step) => void machine.receive({ ...opening, step: 2, ...step }) }
}

describe('a hostile side', () => {
  const held = new Heap(items('held', 2_000))
  const print = new Uint8Array(16)
  const ids = items('nowhere', limits.frameIds).map(({ id }) => id)

  test.each([
    ['says its ranges out of order', { ranges: [range(5), range(4)] }],
    ['says one range twice', { ranges: [range(5), range(5)] }],
    ['says two things of one range', { ranges: [range(LAST_EPOCH, { print, ids: [] })] }],
    ['changes its salt', { begin: { salt: saltOf(3), digest: new Uint8Array(32) } }],
    ['names more ids than a frame has', { ranges: [range(LAST_EPOCH, { ids })], want: [idOf('one more')] }],
  ])('EVI-16: that %s ends the session and is reported', (_, step) => {
    const { machine } = provoked(held)
    const answer = machine.receive({ ...opening, step: 2, ...step })
    expect(answer).toMatchObject({ reply: null, give: [], want: [], violation: { code: 'reconcile/broken' } })
    expect(machine.end).toBe('partial')
  })

  test('EVI-16: that begins without a salt, or with more than a salt, is reported', () => {
    for (const step of [{}, { begin: { salt: saltOf(2), digest: new Uint8Array(32) }, ranges: [range(5)] }]) {
      const machine = new Reconciliation(held, 1, saltOf(1))
      expect(machine.receive({ ...opening, ...step }).violation).toMatchObject({ code: 'reconcile/broken' })
    }
  })

  test('T-84 EVI-17: that never agrees comes to the end of the session, and costs no more than its messages', () => {
    const { machine } = provoked(held)
    const everything = Array.from({ length: 4_000 }, (_, n) => range(471_900 + n, { print }))
    let step = 2
    for (; machine.end === null; step += 2) {
      expect(step).toBeLessThan(100)
      const { reply } = machine.receive({ ...opening, step, ranges: everything })
      expect(reply).not.toBe(null)
      if (reply === null) return
      expect(reply.ranges.length).toBeLessThanOrEqual(bounds.reconcileRanges)
      expect(encodeFrame(reply).length).toBeLessThanOrEqual(limits.frameBytes)
    }
    expect(machine.end).toBe('partial')
    expect(step).toBeLessThanOrEqual(bounds.reconcileSteps + 2)
  })

  test('T-85 EVI-17: that asks for everything over and over is given so much in a session, and each record once', () => {
    const large = new Heap(items('large', 2 * bounds.reconcileGives))
    const { machine } = provoked(large)
    const all = [...large.items.keys()]
    const given: string[] = []
    for (let step = 2; machine.end === null; step += 2) {
      const want = all.slice(0, limits.frameIds)
      const { give } = machine.receive({ ...opening, step, ranges: [range(LAST_EPOCH, { print })], want })
      given.push(...give)
    }
    expect(given).toHaveLength(bounds.reconcileGives)
    expect(new Set(given).size).toBe(given.length)
  })

  test('EVI-17: that says more ranges than are looked at is told of all the rest as one', () => {
    const { machine } = provoked(held)
    const skipped = Array.from({ length: bounds.reconcileRanges }, (_, n) => range(n))
    const { reply } = machine.receive({ ...opening, step: 2, ranges: [...skipped, range(LAST_EPOCH, { print })] })
    expect(reply?.ranges.map(({ epoch, ids: listed }) => [epoch, listed])).toEqual([
      [bounds.reconcileRanges - 1, null],
      [LAST_EPOCH, null],
    ])
    expect(reply?.ranges.map((each) => each.print === null)).toEqual([true, false])
  })

  test('EVI-17: that asks for what is not held is given nothing, and the session ends short of it', () => {
    const { machine } = provoked(held)
    const answer = machine.receive({
      ...opening,
      step: 2,
      want: [idOf('nowhere'), ...[...held.items.keys()].slice(0, 1)],
    })
    expect(answer).toMatchObject({ give: [...held.items.keys()].slice(0, 1), reply: null, end: 'partial' })
  })

  test('EVI-17: that names a million records which nobody has is asked for no more than one frame names at a time', () => {
    const { machine } = provoked(held)
    const answer = machine.receive({ ...opening, step: 2, ranges: [range(1, { ids })] })
    expect(answer.want).toHaveLength(limits.frameIds)
    expect(answer.reply === null ? 0 : encodeFrame(answer.reply).length).toBeLessThan(limits.frameBytes)
    // It holds nothing of what it was given for, and gets nothing.
    expect(answer.give).toEqual([])
  })

  const anyRange = fc.record({
    epoch: fc.oneof(fc.integer({ min: 471_990, max: 472_110 }), fc.nat(LAST_EPOCH)),
    prefix: fc.uint8Array({ maxLength: 32 }),
    print: fc.option(fc.constant(print)),
    ids: fc.option(
      fc.array(
        fc.nat(3_000).map((n) => idOf(`held ${n}`)),
        { maxLength: 20 },
      ),
    ),
  })
  test.prop([fc.array(fc.array(anyRange, { maxLength: 12 }), { maxLength: 14 })], { numRuns: 60 })(
    'EVI-17: that says anything at all makes nothing throw, and gets frames that fit',
    (messages) => {
      const { machine } = provoked(held)
      messages.forEach((ranges, at) => {
        const ordered = ranges.toSorted((a, b) => a.epoch - b.epoch)
        const { reply } = machine.receive({ ...opening, step: 2 * at + 2, ranges: at % 3 === 2 ? ranges : ordered })
        if (reply !== null) encodeFrame(reply)
      })
    },
  )
})
