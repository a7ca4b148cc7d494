import { InvalidArgumentError, Option, type Command } from 'commander'
import {
  parseCount,
  parseMetricsAddress,
  parseName,
  parseSize,
  parseWord,
  ValueProblem,
  type MetricsAddress,
} from './values.ts'

const GENESIS = 'trust the anchors in this file (made by "haggle network init"); kept until another file is given'
const USUAL_FLIGHT = 67_108_864
const LARGEST_FLIGHT = 68_719_476_736

/** Flags of every command. */
export interface CommonFlags {
  readonly json?: true
  readonly debug?: true
}

/** Flags of commands that concern one agent. */
export interface AgentFlags extends CommonFlags {
  readonly as?: string
}

export type Profile = 'lan' | 'wan' | 'human'

/** Flags of commands that may run the agent themselves. */
export interface NetworkFlags extends AgentFlags {
  readonly network?: string
  readonly secret?: string
  readonly genesis?: string
  readonly listen?: readonly string[]
  readonly peer?: readonly string[]
  readonly mdns: boolean
  readonly profile?: Profile
  readonly metrics?: MetricsAddress
  readonly flight?: string
  readonly flightMax?: number
}

/** Lets a parser of values speak commander's language of usage errors. */
export function parsedBy<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text)
    } catch (error) {
      if (error instanceof ValueProblem) throw new InvalidArgumentError(error.message)
      throw error
    }
  }
}

/** An option whose default is shown as people would write it. */
export function defaulted<T>(
  flags: string,
  description: string,
  parse: (text: string) => T,
  [value, shown]: readonly [T, string],
): Option {
  return new Option(flags, description).argParser(parse).default(value, shown)
}

/** An option that may stand several times; the values in order. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    text,
  ])
}

export function withJson(command: Command): Command {
  return command
    .option('--json', 'data as JSON on stdout, one object per line where it streams')
    .option('--debug', 'show stack traces and debug logs')
}

export function withAgent(command: Command): Command {
  return withJson(command).option(
    '--as <name>',
    'the agent to act as; its directory is $HAGGLE_HOME/NAME',
    parsedBy((text) => parseName(text, 'an agent')),
  )
}

export function withNetwork(command: Command): Command {
  return withAgent(command)
    .option(
      '--network <name>',
      'the network to join (default: haggle)',
      parsedBy((text) => parseName(text, 'a network')),
    )
    .option('--secret <file>', 'meet only agents that hold this secret (made by "haggle network secret")')
    .option('--genesis <file>', GENESIS)
    .addOption(repeated('--listen <multiaddr>', 'listen here (repeatable; default: /ip4/0.0.0.0/tcp/<kept port>)'))
    .addOption(repeated('--peer <multiaddr>', 'connect to this peer (repeatable)'))
    .option('--no-mdns', 'do not look for peers by multicast')
    .option(
      '--profile <name>',
      'time windows: lan, wan or human (default: lan)',
      parsedBy((text) => parseWord(text, ['lan', 'wan', 'human'], 'profile')),
    )
}

/** Flags that say who is good enough: how many watch, and how well the other side has done so far. */
export function withStandards(command: Command, panel: string, quality: string): Command {
  return command
    .option(
      '--panel <n>',
      panel,
      parsedBy((text) => parseCount(text, 0, 10)),
    )
    .option(
      '--min-quality <n>',
      quality,
      parsedBy((text) => parseCount(text, 0, 1_000)),
    )
}

/** For commands that run an agent for a while: others may watch it, now or later. */
export function withWatching(command: Command): Command {
  return command
    .option(
      '--metrics <address>',
      'serve Prometheus text at http://ADDRESS/metrics; a port alone is for this machine only',
      parsedBy(parseMetricsAddress),
    )
    .option('--flight <dir>', 'record there what comes into the engine, for "haggle replay"; the newest is kept')
    .addOption(
      defaulted(
        '--flight-max <size>',
        'largest flight record',
        parsedBy((text) => parseSize(text, LARGEST_FLIGHT)),
        [USUAL_FLIGHT, '64M'],
      ),
    )
}

/** The example that every command's help ends with. */
export function withExample(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`)
}
