import { HaggleError } from '@haggle/protocol'

/** The number that a whole run follows from: 64 bits, as a text of decimal digits where it stands in JSON. */
export type Seed = bigint

const LARGEST: Seed = 2n ** 64n - 1n
/** Seeds of one batch at most: more would run for weeks. */
const MOST = 100_000_000

/** Seeds from the first to the last, both included. */
export interface SeedRange {
  readonly first: Seed
  readonly count: number
}

/** One seed from the text that a person wrote; throws `sim/seed-range`. */
export function parseSeed(text: string): Seed {
  if (!/^\d{1,20}$/.test(text)) throw outOfRange(text)
  const seed = BigInt(text)
  if (seed > LARGEST) throw outOfRange(text)
  return seed
}

/** `A..B`, or how many from 1 on; throws `sim/seed-range`. */
export function parseSeeds(text: string): SeedRange {
  const [from = '', to, ...more] = text.split('..')
  if (more.length > 0) throw outOfRange(text)
  const first = to === undefined ? 1n : parseSeed(from)
  const last = parseSeed(to ?? from)
  const count = last - first + 1n
  if (count < 1n || count > BigInt(MOST)) throw outOfRange(text)
  return { first, count: Number(count) }
}

function outOfRange(text: string): HaggleError {
  return new HaggleError('sim/seed-range', `"${text.slice(0, 64)}" is no seed and no range of seeds`, {
    next: `Give a whole number up to ${LARGEST}, or two of them as A..B with at most ${MOST} seeds between them.`,
  })
}
