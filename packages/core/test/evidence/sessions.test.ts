import { describe, expect, test } from 'vitest'
import { bounds, toHex, type AgentKey, type ReconcileFrame } from '@haggle/protocol'
import { ReconcileSessions } from '../../src/evidence/sessions.ts'
import { agent, alice, bob } from './evidence-case.ts'
import { Heap, idOf } from './exchange.ts'

const heap = (...names: readonly string[]): Heap => new Heap(names.map((name) => ({ epoch: 500_000, id: idOf(name) })))
const seeded = (set: Heap, byte: number): ReconcileSessions => new ReconcileSessions(set, new Uint8Array(32).fill(byte))

/** Two agents that know each other by name, with what they hold. */
function two(): {
  readonly heaps: readonly [Heap, Heap]
  readonly sessions: readonly [ReconcileSessions, ReconcileSessions]
} {
  const heaps = [heap('a', 'b'), heap('b', 'c')] as const
  return { heaps, sessions: [seeded(heaps[0], 1), seeded(heaps[1], 2)] }
}

describe('the sessions of an agent', () => {
  test('EVI-15: do not mix when both open one at the same moment', () => {
    const { heaps, sessions } = two()
    const names = [alice, bob] as const
    const wire: (readonly [to: 0 | 1, frame: ReconcileFrame])[] = [
      [1, sessions[0].open(bob, 0)],
      [0, sessions[1].open(alice, 0)],
    ]
    const ends: (string | null)[] = []
    for (let next = wire.shift(); next !== undefined; next = wire.shift()) {
      const [to, frame] = next
      const step = sessions[to].receive(names[1 - to] ?? alice, frame, 1)
      expect(step).not.toBe(null)
      if (step?.end !== undefined) ends.push(step.end)
      if (step?.reply !== null && step?.reply !== undefined) wire.push([to === 0 ? 1 : 0, step.reply])
      for (const id of step?.give ?? []) heaps[to === 0 ? 1 : 0].add({ epoch: 500_000, id })
    }
    expect(ends.filter((end) => end !== null)).toHaveLength(4)
    expect([sessions[0].isOpen(bob), sessions[1].isOpen(alice)]).toEqual([false, false])
    expect([heaps[0].digest, heaps[1].digest]).toEqual([heap('a', 'b', 'c').digest, heap('a', 'b', 'c').digest])
  })

  test('EVI-15: with one peer are one of each kind: the one before is forgotten', () => {
    const { sessions } = two()
    const [first, second] = [sessions[0].open(bob, 0), sessions[0].open(bob, 0)]
    expect(second.session).not.toBe(first.session)
    const late = sessions[1].receive(alice, first, 0)?.reply
    const fresh = sessions[1].receive(alice, second, 0)?.reply
    if (late === null || late === undefined || fresh === null || fresh === undefined) throw new Error('no answer')
    expect(sessions[0].receive(bob, late, 0)).toMatchObject({ reply: null, end: null })
    const third = sessions[0].receive(bob, fresh, 0)?.reply
    expect(third).toMatchObject({ session: second.session, step: 2 })
  })

  test('EVI-15: end with the peer, and when nothing is heard for a minute', () => {
    const { sessions } = two()
    const answerTo = (frame: ReconcileFrame): ReconcileFrame => {
      const reply = sessions[1].receive(alice, frame, 0)?.reply
      if (reply === null || reply === undefined) throw new Error('no answer')
      return reply
    }
    const gone = answerTo(sessions[0].open(bob, 0))
    sessions[0].leave(bob)
    expect(sessions[0].receive(bob, gone, 0)).toBe(null)
    const rested = answerTo(sessions[0].open(bob, 0))
    sessions[0].forgetResting(59_999)
    expect(sessions[0].isOpen(bob)).toBe(true)
    sessions[0].forgetResting(60_000)
    expect(sessions[0].receive(bob, rested, 60_000)).toBe(null)
  })

  test('EVI-15: are no more than there can be peers', () => {
    const { sessions } = two()
    const peers: AgentKey[] = Array.from({ length: bounds.peers + 5 }, (_, n) => agent(`${n}`))
    for (const peer of peers) sessions[0].open(peer, 0)
    expect(peers.filter((peer) => sessions[0].isOpen(peer))).toEqual(peers.slice(5))
  })

  test('EVI-13: have salts that are new each time, and that only their seed foresees', () => {
    const saltOf = (sessions: ReconcileSessions): string => toHex(sessions.open(bob, 0).begin?.salt ?? new Uint8Array())
    const [one, same, other] = [seeded(heap(), 1), seeded(heap(), 1), seeded(heap(), 2)]
    const salts = [saltOf(one), saltOf(one), saltOf(other)]
    expect(new Set(salts).size).toBe(3)
    expect([saltOf(same), saltOf(same)]).toEqual(salts.slice(0, 2))
  })
})
