import { Command } from 'commander'
import { defineEvidence } from './define-evidence.ts'
import { defineHire } from './define-hire.ts'
import { defineNetwork } from './define-network.ts'
import { defineReading } from './define-reading.ts'
import { defineRunning } from './define-running.ts'
import { defineSim } from './define-sim.ts'
import type { Launch } from './launch.ts'
import { VERSION } from '../version.ts'

const GENERAL_CODES = `
Exit codes: 0 done, 1 failure, 2 usage, 75 busy, 78 configuration.`
const RUNNING_CODES = `
Exit codes: 0 stopped, 1 failure, 2 usage, 75 the agent runs already, 78 configuration,
            130 or 143 cut off by a second signal.`
/** Exit codes of commands that have their own. */
const EXIT_CODES: Readonly<Record<string, string>> = {
  work: RUNNING_CODES,
  up: RUNNING_CODES,
  demo: `
Exit codes: 0 every claim holds, 1 one does not, 2 usage.`,
  events: `
Exit codes: 0 done, 1 failure, 2 usage, 75 busy, 78 configuration, 130 or 143 ended by a signal.`,
  hire: `
Exit codes: 0 settled, 3 nobody bid, 4 deadline passed (also undecided, cancelled), 5 rejected (also split),
            6 met no peer, 7 the task itself failed; 1 failure, 2 usage, 75 busy, 78 configuration,
            130 or 143 ended by a signal.
            With several inputs 0 if all of them settled, else of what happened the first of 78, 75, 2, 1, 6, 3, 4, 5, 7.
Credits are reputation at risk, not money; nothing is paid.`,
  sim: `
Exit codes: 0 no promise was broken, 1 one was (or, with --mutants, too many bugs were not found), 2 usage,
            130 or 143 ended by a signal, after the report of what was done.`,
  doctor: `
Exit codes: 0 nothing must be mended (there may be warnings), 78 something must; 1 failure, 2 usage.`,
  check: `
Exit codes: 0 no violation, 1 violations (each with the records that prove it), or failure; 2 usage,
            75 a process holds one of the directories, 78 configuration.`,
  replay: `
Exit codes: 0 everything was the same, 1 something was not (the input is named), or failure;
            2 nothing is recorded there, or usage.`,
  verify: `
Exit codes: 0 valid (whatever the outcome), 1 invalid (record and reason named), 2 unreadable, or usage.`,
}

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
    // Commander's own messages speak as ours do.
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'haggle: ')) })
    .configureHelp({ sortSubcommands: false })
    .showHelpAfterError('  Add --help for the options and an example.')
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
  defineEvidence(program, launch)
  defineNetwork(program, launch)
  defineSim(program, launch)
  for (const each of withSubcommands(program)) {
    each.exitOverride().allowExcessArguments(false)
    if (each.commands.length === 0) each.addHelpText('after', EXIT_CODES[each.name()] ?? GENERAL_CODES)
  }
  return program
}

function withSubcommands(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...withSubcommands(each)])
}
