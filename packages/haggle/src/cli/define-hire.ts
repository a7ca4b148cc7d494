import type { Command } from 'commander'
import { defaulted, parsedBy, repeated, withExample, withNetwork, withStandards, withWatching } from './flags.ts'
import type { HireFlags } from './command-flags.ts'
import type { Launch } from './launch.ts'
import { parseAcceptance, parseCount, parseCredits, parseDuration, parseId, parseName, parseWord } from './values.ts'

/** `hire`: have one task done. */
export function defineHire(program: Command, launch: Launch): void {
  const hire = withWatching(withNetwork(program.command('hire')))
    .description(
      'Offer a task, award the best bid, check and approve the result; the result goes to stdout byte for byte.',
    )
    .argument(
      '<skill>',
      'the skill that the task asks for',
      parsedBy((text) => parseName(text, 'a skill')),
    )
    .argument('[text]', 'the input itself; without it --input or stdin is read')
    .addOption(repeated('--input <file>', 'read the input from a file, or - for stdin (repeatable: one task for each)'))
    .option('--out <file>', 'write the result to a file instead of stdout')
    .option('--out-dir <dir>', 'write each result here, under the name of its input')
    .option(
      '--jobs <n>',
      'with several inputs: tasks at the same time',
      parsedBy((text) => parseCount(text, 1, 256)),
      4,
    )
    .addOption(
      defaulted('--deadline <span>', 'the task must have ended by then', parsedBy(parseDuration), [60_000, '60s']),
    )
    .addOption(
      defaulted('--wait <span>', 'keep the offer open for bids so long', parsedBy(parseDuration), [10_000, '10s']),
    )
    .option(
      '--attempts <n>',
      'awards at most, counting re-awards',
      parsedBy((text) => parseCount(text, 1, 16)),
      3,
    )
    .option('--lease <span>', 'silence after which the task is given to another worker', parsedBy(parseDuration))
    .addOption(defaulted('--budget <credits>', 'highest price', parsedBy(parseCredits), [10_000_000, '10']))
    .option(
      '--stake <credits>',
      'at risk on each side (default: a tenth of the budget, at most 2)',
      parsedBy(parseCredits),
    )
    .option(
      '--mode <mode>',
      'auction, or claim: the first good claim wins at once',
      parsedBy((text) => parseWord(text, ['auction', 'claim'], 'mode')),
      'auction' as const,
    )
    .option('--sealed', 'bids go to you alone instead of being gossiped')
    .option(
      '--bids <span>',
      'how long to collect bids before choosing (default: by profile, 500ms on lan)',
      parsedBy(parseDuration),
    )
    .option('--ask <credits>', 'take a bid at or under this price at once', parsedBy(parseCredits))
    .option(
      '--key <key>',
      'name of this job: hiring again under the same key is the same job (several inputs: KEY/1, KEY/2, …)',
      parsedBy((text) => parseId(text, 'key')),
    )
    .option('--accept <check>', 'check the result: hash:HEX, schema:FILE or cmd:COMMAND', parsedBy(parseAcceptance))
    .option('--save <file>', 'write the task file, also when the task failed')
    .action(async (skill: string, text: string | undefined, flags: HireFlags) =>
      launch(async () => (await import('./commands/hire.ts')).runHire(skill, text, flags)),
    )
  withStandardsAndExample(hire)
}

function withStandardsAndExample(hire: Command): void {
  withStandards(
    hire,
    'witnesses at most, 0 to 10 (default: as many as those at hand suggest)',
    'least quality of a worker, 0 to 1000 (default: 0; a stranger has 300)',
  )
  withExample(
    hire,
    'echo hello | haggle hire shout --deadline 10s --save contract.json',
    'haggle hire summary --input report.txt --out summary.json --accept schema:summary.schema.json',
    'haggle hire invoice --input may.csv --stake 2 --panel 4 --min-quality 600',
    'haggle hire resize --input a.png --input b.png --out-dir small --jobs 8',
  )
}
