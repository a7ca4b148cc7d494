import { describe, expect, test } from 'vitest'
import {
  parseAcceptance,
  parseCount,
  parseCredits,
  parseDuration,
  parseName,
  parseSize,
  showCredits,
  showDuration,
  showSize,
  ValueProblem,
} from '../src/cli/values.ts'

describe('spans of time', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['0s', 0],
  ])('%s is %d ms', (text, spanMs) => {
    expect(parseDuration(text)).toBe(spanMs)
  })

  test.each(['', '10', 's', '-1s', '10 s', '10S', '1e3s', '1s!', '400d', '10sx', 'x10s'])(
    '"%s" is refused with a hint',
    (text) => {
      expect(() => parseDuration(text)).toThrow(ValueProblem)
    },
  )

  test('are shown in the unit that a person would choose', () => {
    expect([850, 4_200, 180_000, 7_200_000].map(showDuration)).toEqual(['850 ms', '4.2 s', '3 min', '2 h'])
  })
})

describe('credits', () => {
  test.each([
    ['1', 1_000_000],
    ['0.25', 250_000],
    ['0.000001', 1],
    ['9007199254', 9_007_199_254_000_000],
    ['0', 0],
  ])('%s is %d micro-credits and back', (text, micro) => {
    expect(parseCredits(text)).toBe(micro)
    expect(showCredits(micro)).toBe(text)
  })

  test.each(['', '-1', '1.', '.5', '1.0000001', '1e3', '9999999999', 'one'])('"%s" is refused', (text) => {
    expect(() => parseCredits(text)).toThrow(ValueProblem)
  })
})

describe('sizes', () => {
  test.each([
    ['4096', 4_096],
    ['64K', 65_536],
    ['256M', 268_435_456],
    ['256MiB', 268_435_456],
    ['1k', 1_024],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text, 268_435_456)).toBe(bytes)
  })

  test.each(['0', '257M', '1.5M', 'M', '-1', '1T'])('"%s" is refused', (text) => {
    expect(() => parseSize(text, 268_435_456)).toThrow(ValueProblem)
  })

  test('are shown in powers of 1,024', () => {
    expect([1, 12, 65_536, 8_388_608].map(showSize)).toEqual(['1 byte', '12 bytes', '64 KiB', '8 MiB'])
  })
})

test('counts are whole numbers within their bounds', () => {
  expect(parseCount('3', 1, 4)).toBe(3)
  for (const text of ['0', '5', '1.5', '', ' 1', '0x1']) expect(() => parseCount(text, 1, 4)).toThrow(ValueProblem)
})

test('names are what a shell, a file name and a topic accept', () => {
  expect(parseName('word-stats.v2', 'a skill')).toBe('word-stats.v2')
  for (const text of ['', '-x', 'Shout', 'a b', '../x', 'a'.repeat(64)]) {
    expect(() => parseName(text, 'a skill')).toThrow(ValueProblem)
  }
})

test('a check of the result is a hash, a schema file or a command', () => {
  const hex = 'AB'.repeat(32)
  expect(parseAcceptance(`hash:${hex}`)).toEqual({ kind: 'hash', hex: hex.toLowerCase() })
  expect(parseAcceptance('schema:a:b.json')).toEqual({ kind: 'schema', file: 'a:b.json' })
  expect(parseAcceptance('cmd:grep -q ok')).toEqual({ kind: 'cmd', command: 'grep -q ok' })
  for (const text of ['', 'hash:', 'hash:12', 'schema:', 'cmd: ', 'sha:1', hex]) {
    expect(() => parseAcceptance(text)).toThrow(ValueProblem)
  }
})
