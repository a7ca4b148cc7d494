import { Command } from 'commander'
import { defineHire } from './define-hire.ts'
import { defineReading } from './define-reading.ts'
import { defineRunning } from './define-running.ts'
import type { Launch } from './launch.ts'
import { VERSION } from '../version.ts'

/**
 * The command line as data. Only commander is loaded here: every action imports what it needs when it is chosen,
 * so that help answers at once.
 */
export function buildProgram(launch: Launch, command: readonly string[] | undefined): Command {
  const program = new Command('haggle')
    .description('Agents that divide work among themselves: offers, bids, signed contracts.')
    .version(VERSION, '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .showHelpAfterError('Add --help for the options and an example.')
    .addHelpText(
      'after',
      `
Example:
  $ haggle work shout -- tr a-z A-Z
  $ echo hello | haggle hire shout --deadline 10s --save contract.json
  $ haggle verify contract.json

Exit codes: 0 done, 1 failure, 2 usage, 75 busy, 78 configuration; hire and verify add their own (see their help).`,
    )
  defineRunning(program, launch, command)
  defineHire(program, launch)
  defineReading(program, launch)
  for (const each of withSubcommands(program)) each.exitOverride().allowExcessArguments(false)
  return program
}

function withSubcommands(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...withSubcommands(each)])
}
