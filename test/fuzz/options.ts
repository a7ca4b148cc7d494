import { parseArgs } from 'node:util'

export interface Options {
  readonly seed: number
  /** Inputs for each target. */
  readonly count: number
  /** Empty: all. */
  readonly only: readonly string[]
  /** One input to feed, and nothing else. */
  readonly hex: string | null
  readonly json: boolean
  readonly help: boolean
}

/** A command line that cannot be carried out. */
export class UsageError extends Error {}

export const COUNT = 100_000

export function parseOptions(args: readonly string[], names: readonly string[]): Options {
  const { values } = parsed(args)
  const only = values.target ?? []
  for (const name of only) {
    if (!names.includes(name)) throw new UsageError(`there is no target ${name}; there are ${names.join(', ')}`)
  }
  const hex = values.hex ?? null
  if (hex !== null && (hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex)))
    throw new UsageError('--hex takes hexadecimal digits')
  if (hex !== null && only.length !== 1) throw new UsageError('--hex takes one --target beside it')
  return {
    seed: wholeOf('--seed', values.seed ?? String(Math.floor(Math.random() * 2 ** 32)), 0, 2 ** 32 - 1),
    count: wholeOf('--count', values.count ?? String(COUNT), 1, 1e9),
    only,
    hex,
    json: values.json ?? false,
    help: values.help ?? false,
  }
}

function wholeOf(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new UsageError(`${flag} takes a whole number from ${min} to ${max}`)
  return value
}

function parsed(args: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(args)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      count: { type: 'string' },
      target: { type: 'string', multiple: true },
      hex: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}
