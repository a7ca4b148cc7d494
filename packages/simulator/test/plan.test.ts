import { describe, expect, test } from 'vitest'
import { parsePlan } from '../src/plan/parse-plan.ts'
import type { Plan } from '../src/plan/plan.ts'
import { scenarioOf, scenarios } from '../src/scenarios/scenarios.ts'
import { parseSeed, parseSeeds } from '../src/seed.ts'

const plan = scenarioOf('swarm').draw(5n, null)

function changed(change: (copy: Record<string, unknown>) => void): string {
  // A Plan is plain data, so a copy by JSON is one with string names.
  const copy = JSON.parse(JSON.stringify(plan)) as Record<string, unknown>
  change(copy)
  return JSON.stringify(copy)
}

describe('a Plan', () => {
  test.each([...scenarios.keys()].map((name) => [name]))(
    'of %s is drawn from its seed alone, and read back as it was written',
    (name) => {
      for (let seed = 1n; seed <= 20n; seed += 1n) {
        const drawn: Plan = scenarioOf(name).draw(seed, name === 'large' ? 50 : null)
        expect(scenarioOf(name).draw(seed, name === 'large' ? 50 : null)).toEqual(drawn)
        expect(parsePlan(JSON.stringify(drawn))).toEqual(drawn)
      }
    },
  )

  test('of another seed is another', () => {
    expect(scenarioOf('swarm').draw(6n, null)).not.toEqual(plan)
  })

  test('has as many agents as it was asked for', () => {
    expect(scenarioOf('byzantine').draw(1n, 9).agents).toHaveLength(9)
  })

  test('of another version is refused by its own code', () => {
    expect(() => parsePlan(changed((copy) => (copy['version'] = 2)))).toThrow(
      expect.objectContaining({ code: 'sim/plan-version' }),
    )
  })

  test.each<[string, string]>([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['nothing', 'null'],
    ['another format', changed((copy) => (copy['format'] = 'task'))],
    ['a missing field', changed((copy) => delete copy['weather'])],
    ['a field that nobody knows', changed((copy) => (copy['more'] = 1))],
    ['no agents', changed((copy) => (copy['agents'] = []))],
    ['an agent that is not there', changed((copy) => (copy['phases'] = { ...plan.phases, core: [99] }))],
    ['half a millisecond', changed((copy) => (copy['phases'] = { ...plan.phases, safetyMs: 0.5 }))],
    ['a fault of no kind', changed((copy) => (copy['faults'] = [{ kind: 'fire', atMs: 1 }]))],
    ['a seed of 65 bits', changed((copy) => (copy['seed'] = '18446744073709551616'))],
    ['endless time', changed((copy) => (copy['phases'] = { ...plan.phases, livenessMs: 1e300 }))],
  ])('with %s is refused and names what is wrong', (_what, text) => {
    expect(() => parsePlan(text)).toThrow(expect.objectContaining({ name: 'HaggleError' }))
  })
})

describe('seeds', () => {
  test('are 64 bits, alone or as a range, or so many from 1 on', () => {
    expect(parseSeed('18446744073709551615')).toBe(2n ** 64n - 1n)
    expect(parseSeeds('7..9')).toEqual({ first: 7n, count: 3 })
    expect(parseSeeds('250')).toEqual({ first: 1n, count: 250 })
  })

  test.each(['', '-1', '1.5', 'x', '18446744073709551616', '9..7', '1..2..3', '0', '1..999999999999'])(
    '%j is refused with its code',
    (text) => {
      expect(() => parseSeeds(text)).toThrow(expect.objectContaining({ code: 'sim/seed-range' }))
    },
  )

  test('an unknown scenario is refused with the names of those that exist', () => {
    expect(() => scenarioOf('storm')).toThrow(
      expect.objectContaining({ code: 'sim/unknown-scenario', next: expect.stringContaining('byzantine') }),
    )
  })
})
