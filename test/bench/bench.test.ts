import { describe, expect, test } from 'vitest'
import { bareEd25519Us } from './support/crypto-floors.ts'
import { parseOptions, UsageError } from './support/options.ts'
import { ownerOf } from './support/profile-summary.ts'
import { row, short, table } from './support/row.ts'
import { growthOf, median, quantile } from './support/stats.ts'

describe('figures of the bench', () => {
  test('a median lies between the two in the middle, a quantile between its neighbours', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9)
    expect(median([])).toBeNaN()
  })

  test('growth is the exponent: 1 for what doubles with its number, 0 for what does not grow', () => {
    expect(growthOf([10, 20, 40].map((n) => [n, n * 7])).slope).toBeCloseTo(1)
    expect(growthOf([10, 20, 40].map((n) => [n, 7])).slope).toBeCloseTo(0)
    const noisy = growthOf([
      [10, 100],
      [20, 210],
      [40, 390],
      [80, 810],
    ])
    expect(noisy.rSquared).toBeGreaterThan(0.99)
    expect(noisy.margin).toBeGreaterThan(0)
  })

  test('a contract of two costs six signatures and six checks, and everybody else who hears of it one check', () => {
    const floors = { signUs: 20, verifyUs: 60, sha256Us: 1 }
    expect(bareEd25519Us(floors, 2)).toBe(480)
    expect(bareEd25519Us(floors, 30)).toBe(480 + 28 * 60)
  })

  test('numbers are shown with three digits that count', () => {
    expect([1234.5, 123.4, 12.34, 1.234, 0.1234, 0, Number.NaN].map(short)).toEqual([
      ...['1235', '123', '12.3', '1.23', '0.123', '0.00', '-'],
    ])
  })
})

describe('rows of the bench', () => {
  const base = { group: 'g', name: 'n', unit: 'ms', floor: 2 }

  test('a target of the ratio is judged by the ratio, one of the value by the value', () => {
    expect(row({ ...base, observed: 5, target: { of: 'ratio', atMost: 2.5 } })).toMatchObject({ ratio: 2.5, met: true })
    expect(row({ ...base, observed: 6, target: { of: 'ratio', atMost: 2.5 } }).met).toBe(false)
    expect(row({ ...base, observed: 6, target: { of: 'observed', atLeast: 7 } }).met).toBe(false)
    expect(row({ ...base, observed: 6 })).toMatchObject({ met: null, ratio: 3 })
  })

  test('what could not be measured is never met', () => {
    expect(row({ ...base, observed: Number.NaN, target: { of: 'ratio', atMost: 2 } }).met).toBe(false)
  })

  test('the table shows floor, observed, ratio and target, and says what was skipped and why', () => {
    const shown = table([
      row({ ...base, observed: 6, target: { of: 'ratio', atMost: 2.5 }, rounds: [5, 6, 7] }),
      { group: 'queue', skipped: 'no server' },
    ])
    expect(shown).toMatch(/\| n +\| 2\.00 ms \| 6\.00 ms +\| 3\.00 +\| <= 2\.50 x \| NO +\| 5\.00–7\.00 \|/)
    expect(shown).toContain('skipped: no server')
  })
})

describe('options of the bench', () => {
  test('an unknown group, option or number of rounds is refused by name', () => {
    for (const args of [['--only', 'nothing'], ['--profile', 'nothing'], ['--rounds', '0'], ['--whatever']]) {
      expect(() => parseOptions(args, ['floors'])).toThrow(UsageError)
    }
  })

  test('without options all groups are measured in five rounds', () => {
    expect(parseOptions([], ['floors'])).toMatchObject({ only: [], rounds: 5, quick: false, json: null })
    expect(parseOptions(['--quick', '--only', 'floors'], ['floors'])).toMatchObject({ only: ['floors'], rounds: 2 })
  })
})

test('a profile charges a function to the package that its script belongs to', () => {
  expect(ownerOf('file:///x/packages/core/dist/views.js', 'f')).toBe('@haggle/core')
  expect(ownerOf('file:///x/node_modules/@libp2p/tcp/dist/src/a.js', 'f')).toBe('@libp2p/tcp')
  expect(ownerOf('file:///x/node_modules/a/node_modules/b/c.js', 'f')).toBe('b')
  expect(ownerOf('file:///x/node_modules/.cache/haggle-bench/party.mjs', 'f')).toBe('bench')
  expect(ownerOf('node:buffer', 'f')).toBe('node')
  expect(ownerOf('', '(garbage collector)')).toBe('(garbage collector)')
})
