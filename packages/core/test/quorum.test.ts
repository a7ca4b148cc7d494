import { encodeCanonical, fromHex, sha256Of, toHex, type AgentKey, type RecordId, type Slot } from '@haggle/protocol'
import { describe, expect, test } from 'vitest'
import { drawPanel, panelSizeFor, quorumsOf, type Draw } from '../src/witness/panel.ts'
import { setProblem } from '../src/witness/panel.ts'
import { slotIdOf, voteKeyOf } from '../src/witness/slot.ts'
import { Case, requester, sign, T0 } from './contract-case.ts'

// Any 32 bytes serve as a name where nothing is signed.
const member = (n: number): AgentKey => n.toString(16).padStart(64, '0') as AgentKey
const idOf = (letter: string): RecordId => letter.repeat(64) as RecordId
const set = Array.from({ length: 40 }, (_, at) => member(at))
const draw: Draw = { offer: idOf('a'), generation: 1, revealed: new Uint8Array(32), bidNonce: new Uint8Array(16) }

describe('sizes', () => {
  test('WIT-02 the ladder goes by how many others than the worker there are', () => {
    const steps = [0, 1, 2, 3, 5, 6, 19, 20, 59, 60, 127].map((others) => panelSizeFor(others + 1))
    expect(steps).toEqual([0, 1, 1, 3, 3, 4, 4, 7, 7, 10, 10])
    expect(panelSizeFor(0)).toBe(0)
  })

  test('WIT-03 from four on two quorums share an honest member, and so do a quorum and the echo', () => {
    for (const n of [4, 7, 10]) {
      const { f, echo, timely, late, absent } = quorumsOf(n)
      expect(n).toBe(3 * f + 1)
      expect([echo, timely, late, absent]).toEqual([f + 1, 2 * f + 1, 2 * f + 1, 2 * f + 1])
      expect(timely + absent - n).toBeGreaterThan(f)
    }
    expect(quorumsOf(3)).toEqual({ f: 0, echo: 2, timely: 2, late: 2, absent: 3 })
    expect(quorumsOf(1)).toEqual({ f: 0, echo: 1, timely: 1, late: 1, absent: 1 })
  })
})

describe('a witness set', () => {
  test('WIT-01 ascends by raw key and leaves its author out', () => {
    const problem = (keys: readonly AgentKey[]): string | null =>
      setProblem(sign('witness-set', requester, { at: T0, epoch: 1, n: 0, keys }))
    expect(problem([member(1), member(2)])).toBeNull()
    expect(problem([member(2), member(1)])).toMatch('ascend')
    expect(problem([member(1), member(1)])).toMatch('ascend')
    expect(problem([member(1), requester])).toMatch('no witness to itself')
  })
})

describe('the draw', () => {
  test('WIT-04 takes the members with the lowest lots, passing over whom it must', () => {
    const seed = sha256Of(
      encodeCanonical(['haggle/panel', fromHex(draw.offer), 1, new Uint8Array(32), new Uint8Array(16)]),
    )
    const lot = (key: AgentKey): string => toHex(sha256Of(Uint8Array.from([...seed, ...fromHex(key)])))
    const byLot = set.toSorted((a, b) => (lot(a) < lot(b) ? -1 : 1))
    expect(drawPanel(set, new Set(), 7, draw)).toEqual(byLot.slice(0, 7))
    const excluded = new Set(byLot.slice(0, 3))
    expect(drawPanel(set, excluded, 7, draw)).toEqual(byLot.slice(3, 10))
    expect(drawPanel(set.slice(0, 2), new Set(), 7, draw)).toHaveLength(2)
  })

  test('WIT-04 every part of the seed gives another panel, the order of the set none', () => {
    const drawn = drawPanel(set, new Set(), 7, draw)
    expect(drawPanel(set.toReversed(), new Set(), 7, draw)).toEqual(drawn)
    const changes: Partial<Draw>[] = [
      { offer: idOf('b') },
      { generation: 2 },
      { revealed: new Uint8Array(32).fill(1) },
      { bidNonce: new Uint8Array(16).fill(1) },
    ]
    for (const change of changes) expect(drawPanel(set, new Set(), 7, { ...draw, ...change })).not.toEqual(drawn)
  })
})

describe('the slot', () => {
  const slot: Slot = { entry: idOf('c'), duty: 'delivery', milestone: 0, k: 0 }

  test('WIT-05 has a name of its own for every contract, entry, duty, milestone and number', () => {
    const names = [
      slotIdOf(idOf('a'), slot),
      slotIdOf(idOf('b'), slot),
      slotIdOf(idOf('a'), { ...slot, entry: idOf('d') }),
      slotIdOf(idOf('a'), { ...slot, duty: 'rework' }),
      slotIdOf(idOf('a'), { ...slot, milestone: 1 }),
      slotIdOf(idOf('a'), { ...slot, k: 1 }),
    ]
    expect(new Set(names).size).toBe(names.length)
    const content = ['haggle/slot', fromHex(idOf('a')), fromHex(slot.entry), 'delivery', 0, 0]
    expect(names[0]).toBe(toHex(sha256Of(encodeCanonical(content))))
  })

  test('WIT-06 TIMELY and ABSENT share one place in a slot, LATE has one beside it', () => {
    const { award } = new Case({ panelSize: 4 })
    const keyOf = (verdict: 'timely' | 'late' | 'absent'): string => {
      const body = { at: T0, contract: award.id, generation: 1, slot, names: award.id, due: T0, newest: award.id }
      return voteKeyOf(sign('vote', member(1), { ...body, verdict }))
    }
    expect(keyOf('timely')).toBe(keyOf('absent'))
    expect(keyOf('late')).not.toBe(keyOf('timely'))
  })
})
