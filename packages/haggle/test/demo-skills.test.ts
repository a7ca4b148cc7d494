import { parseResultSchema } from '@haggle/node/pure'
import { expect, test } from 'vitest'
import { concordance, crafts, flawIn, tableOfContents, wordStats, wordStatsSchema } from '../src/demo/skills.ts'
import { bazaarFiles } from '../src/demo/texts.ts'

function check(result: unknown): string {
  const parsed = parseResultSchema(wordStatsSchema)
  if (!parsed.ok) throw new Error(`${parsed.keyword}: ${parsed.reason}`)
  return parsed.schema.check(new TextEncoder().encode(JSON.stringify(result))).kind
}

test('word statistics count words, lines and the first of the longest words', () => {
  expect(wordStats("It's a lamp,\nnot a star.\n")).toEqual({ words: 6, lines: 2, longest: "It's" })
  expect(wordStats('')).toEqual({ words: 0, lines: 1, longest: '' })
})

test('the schema takes honest word statistics and refuses what the garbler delivers', () => {
  expect(check(wordStats('one two'))).toBe('pass')
  expect(check({ words: 'plenty', lines: 'a few', longest: 'the long one' })).toBe('fail')
  expect(check({ words: 2, lines: 1 })).toBe('fail')
})

test('a table of contents links each heading at its level and skips fenced code', () => {
  const text = '# The Lamp\n\n```\n# no heading\n```\n\n## Oil & wick ##\n'
  expect(tableOfContents(text)).toBe('- [The Lamp](#the-lamp)\n  - [Oil & wick](#oil-wick)\n')
})

test('a requester sees no flaw in honest work and finds one in anything else', () => {
  for (const text of bazaarFiles().values()) {
    const input = new TextEncoder().encode(text)
    for (const skill of [
      'checksum',
      'gzip',
      'concordance',
      ...(text.startsWith('#') ? (['toc'] as const) : []),
    ] as const) {
      const made = crafts[skill](input)
      if (typeof made === 'object' && !(made instanceof Uint8Array)) throw new Error('these skills make bytes or text')
      const bytes = typeof made === 'string' ? new TextEncoder().encode(made) : made
      expect(flawIn(skill, input, bytes)).toBe(null)
      expect(flawIn(skill, input, new TextEncoder().encode('trust me'))).not.toBe(null)
    }
  }
})

test('one file is too large to travel beside a record', () => {
  expect([...bazaarFiles().values()].some((text) => text.length > 16_384)).toBe(true)
})

test('a concordance names each word once with its lines, in alphabetical order', () => {
  expect(concordance("The lamp,\nthe Lamp's oil.\n")).toBe("lamp 1\nlamp's 2\noil 2\nthe 1,2\n")
})
