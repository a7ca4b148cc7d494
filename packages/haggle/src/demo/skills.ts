import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Skill } from './cast.ts'

type Craft = (input: Uint8Array) => string | Uint8Array | WordStats

export interface WordStats {
  readonly [field: string]: number | string
  readonly words: number
  readonly lines: number
  readonly longest: string
}

/** What an honest worker does with the bytes of a task. */
export const crafts: { readonly [skill in Skill]: Craft } = {
  wordstats: (input) => wordStats(textOf(input)),
  checksum: (input) => createHash('sha256').update(input).digest('hex'),
  gzip: (input) => gzipSync(input),
  toc: (input) => tableOfContents(textOf(input)),
  concordance: (input) => concordance(textOf(input)),
}

/** The shape that word statistics must have; anybody can check a result against it again, from the task file alone. */
export const wordStatsSchema = JSON.stringify({
  type: 'object',
  properties: {
    words: { type: 'integer', minimum: 1 },
    lines: { type: 'integer', minimum: 1 },
    longest: { type: 'string', minLength: 1 },
  },
  required: ['words', 'lines', 'longest'],
  additionalProperties: false,
})

export function wordStats(text: string): WordStats {
  const words = text.match(/\p{L}+(?:['’]\p{L}+)*/gu) ?? []
  // The first of equally long words, so that the answer is one.
  const longest = words.reduce((best, word) => (word.length > best.length ? word : best), '')
  return { words: words.length, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), longest }
}

/** Every word of a text with the lines that it stands on, in alphabetical order. */
export function concordance(text: string): string {
  const places = new Map<string, Set<number>>()
  for (const [index, line] of text.split('\n').entries()) {
    for (const [word] of line.toLowerCase().matchAll(/\p{L}+(?:['’]\p{L}+)*/gu)) {
      places.set(word, (places.get(word) ?? new Set()).add(index + 1))
    }
  }
  const words = [...places].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return words.map(([word, lines]) => `${word} ${[...lines].join(',')}\n`).join('')
}

/** Every heading as a link, indented by its level; what stands in fenced code is no heading. */
export function tableOfContents(markdown: string): string {
  let fenced = false
  const lines: string[] = []
  for (const line of markdown.split('\n')) {
    if (/^(```|~~~)/.test(line)) fenced = !fenced
    const heading = fenced ? null : /^(#{1,6})\s+(.+?)\s*#*$/.exec(line)
    const [, marks, title] = heading ?? []
    if (marks !== undefined && title !== undefined)
      lines.push(`${'  '.repeat(marks.length - 1)}- [${title}](#${anchorOf(title)})`)
  }
  return lines.map((line) => `${line}\n`).join('')
}

/** A requester's own look at a result that no acceptance checks for it: null when it is as asked, else what is wrong. */
export function flawIn(skill: Skill, input: Uint8Array, result: Uint8Array): string | null {
  switch (skill) {
    case 'gzip':
      return unpacksTo(result, input) ? null : 'it does not unpack to the input'
    case 'toc':
      return textOf(result).includes('](#') ? null : 'it has no links'
    case 'concordance':
      return textOf(result) === concordance(textOf(input)) ? null : 'it is not what the text says'
    case 'checksum':
      return /^[0-9a-f]{64}$/.test(textOf(result)) ? null : 'it is no sha-256'
    case 'wordstats':
      return null
  }
}

/** What a result says, in a few words for the story. */
export function gistOf(skill: Skill, input: Uint8Array, result: Uint8Array): string {
  switch (skill) {
    case 'gzip':
      return `${input.length} bytes packed into ${result.length}, and they unpack to the same`
    case 'toc':
      return `${textOf(result).trimEnd().split('\n').length} headings`
    case 'concordance':
      return `${textOf(result).trimEnd().split('\n').length} words`
    case 'checksum':
      return `${textOf(result).slice(0, 16)}…`
    case 'wordstats':
      return textOf(result)
  }
}

function unpacksTo(archive: Uint8Array, input: Uint8Array): boolean {
  try {
    return gunzipSync(archive, { maxOutputLength: input.length + 1 }).equals(input)
  } catch {
    // No archive at all, or one that unpacks to more than went in.
    return false
  }
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
    .replaceAll(/\s+/g, '-')
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
