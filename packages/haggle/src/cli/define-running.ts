import type { Command } from 'commander'
import {
  defaulted,
  parsedBy,
  repeated,
  withExample,
  withJson,
  withNetwork,
  withStandards,
  withWatching,
} from './flags.ts'
import type { DemoFlags, UpFlags, WorkFlags } from './command-flags.ts'
import type { Launch } from './launch.ts'
import { parseCount, parseCredits, parseDuration, parseName, parseSize } from './values.ts'

const LARGEST_RESULT = 268_435_456
const NO_WITNESS = 'sit on no panel: say nothing about who was late in contracts of others'

/** Commands that run an agent until they are told to stop: `work`, `up`, and the demo. */
export function defineRunning(program: Command, launch: Launch, command: readonly string[] | undefined): void {
  defineWork(program, launch, command)

  const up = withWatching(withNetwork(program.command('up')))
    .description(
      'Run the agent without serving a command: it finishes what it has begun and carries out attached commands.',
    )
    .addOption(
      defaulted('--drain <span>', 'time for running tasks after Ctrl-C', parsedBy(parseDuration), [10_000, '10s']),
    )
    .option('--no-witness', NO_WITNESS)
    .action(async (flags: UpFlags) => launch(async () => (await import('./commands/up.ts')).runUp(flags)))
  withExample(up, 'haggle up --as ada &', 'haggle up --metrics 9464', 'haggle up --flight ./flight')

  const demo = withJson(program.command('demo'))
    .description(
      'The bazaar: buyers, honest workers, cheats and a stranger as real processes on this machine; the cheats lose.',
    )
    .addOption(
      repeated(
        '--without <name>',
        'leave this actor out, and see the claim about it fail: ghost, garbler, slow, newcomer, denier, slanderer or ring (repeatable)',
      ),
    )
    .action(async (flags: DemoFlags) => launch(async () => (await import('./commands/demo.ts')).startDemo(flags)))
  withExample(demo, 'haggle demo', 'haggle demo --without ghost', 'haggle demo --without ring')
}

function defineWork(program: Command, launch: Launch, command: readonly string[] | undefined): void {
  const work = withWatching(withNetwork(program.command('work')))
    .usage('SKILL [options] -- COMMAND [ARG...]')
    .description(
      'Serve a skill with any command: stdin is the input, stdout the result, exit 0 delivers, any other exit code is FAILED.',
    )
    .argument(
      '<skill>',
      'the skill to serve',
      parsedBy((text) => parseName(text, 'a skill')),
    )
    .argument('[words...]', 'nothing: the command stands after --')
    .addOption(defaulted('--price <credits>', 'what a task costs', parsedBy(parseCredits), [1_000_000, '1']))
    .option(
      '--slots <n>',
      'tasks done at the same time',
      parsedBy((text) => parseCount(text, 1, 256)),
      1,
    )
    .addOption(
      defaulted('--drain <span>', 'time for running tasks after Ctrl-C', parsedBy(parseDuration), [10_000, '10s']),
    )
    .addOption(
      defaulted(
        '--max-result <size>',
        'a longer result fails the task',
        parsedBy((text) => parseSize(text, LARGEST_RESULT)),
        [LARGEST_RESULT, '256M'],
      ),
    )
    .option('--no-witness', NO_WITNESS)
    .option('--cwd <dir>', 'working directory of the command (default: a fresh empty one for each task)')
    .addOption(repeated('--allow <peer>', 'serve only this PeerId (repeatable; default: everybody on the network)'))
    .option(
      '--stake <credits>',
      'the most to put at risk in one task (default: what the network lets a newcomer)',
      parsedBy(parseCredits),
    )
    .allowUnknownOption()
    .action(async (skill: string, words: readonly string[], flags: WorkFlags) =>
      launch(async () => (await import('./commands/work.ts')).runWork(skill, words, command, flags)),
    )
  withStandards(
    work,
    'take no task with fewer witnesses, 0 to 10 (default: 0)',
    'take no task of a requester of less quality, 0 to 1000 (default: 0; a stranger has 300)',
  )
  work.addHelpText(
    'after',
    '\nThe command finds HAGGLE_TASK, HAGGLE_SKILL, HAGGLE_DEADLINE and HAGGLE_REQUESTER in its environment.',
  )
  withExample(
    work,
    'haggle work shout -- tr a-z A-Z',
    'haggle work checksum --slots 4 --price 0.5 -- sha256sum',
    'haggle work convert --genesis lab.json --stake 1 --panel 3 --min-quality 400 -- ./convert.sh',
  )
}
