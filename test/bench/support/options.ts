import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface Options {
  /** Groups to measure; empty: all. */
  readonly only: readonly string[]
  readonly rounds: number
  /** Fewer contracts everywhere: to see that it runs, not to quote. */
  readonly quick: boolean
  /** Where the JSON goes; `-` is standard output, then without the table. */
  readonly json: string | null
  readonly paired: string | null
  readonly profile: string | null
  /** A directory on the disk that is measured. */
  readonly directory: string
  readonly help: boolean
}

export class UsageError extends Error {}

export function parseOptions(args: readonly string[], groups: readonly string[]): Options {
  const { values } = parsed(args)
  const rounds = Number(values.rounds ?? (values.quick === true ? 2 : 5))
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError('--rounds takes a whole number from 1 on')
  for (const name of [...(values.only ?? []), ...(values.profile === undefined ? [] : [values.profile])]) {
    if (!groups.includes(name)) throw new UsageError(`there is no row group ${name}; there are ${groups.join(', ')}`)
  }
  return {
    only: values.only ?? [],
    rounds,
    quick: values.quick ?? false,
    json: values.json ?? null,
    paired: values.paired ?? null,
    profile: values.profile ?? null,
    directory: resolve(values.dir ?? tmpdir()),
    help: values.help ?? false,
  }
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
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      quick: { type: 'boolean' },
      json: { type: 'string' },
      paired: { type: 'string' },
      profile: { type: 'string' },
      dir: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}
