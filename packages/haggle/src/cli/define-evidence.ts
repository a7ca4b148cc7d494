import type { Command } from 'commander'
import type { EvidenceFlags, WhyFlags } from './command-flags.ts'
import { parsedBy, withAgent, withExample, withNetwork, type AgentFlags, type NetworkFlags } from './flags.ts'
import type { Launch } from './launch.ts'
import { parseId, parseName } from './values.ts'

/** What an agent knows of others by proof. */
export function defineEvidence(program: Command, launch: Launch): void {
  const why = withAgent(program.command('why'))
    .description('Account for the numbers of an agent, in the eyes of yours: every record behind every point.')
    .argument(
      '<peer>',
      'a PeerId, or any unique ending of one that is known here',
      parsedBy((text) => parseId(text, 'PeerId')),
    )
    .option(
      '--skill <name>',
      'quality for this skill (default: over all)',
      parsedBy((text) => parseName(text, 'a skill')),
    )
    .option('--genesis <file>', 'in the eyes of whoever trusts the anchors in this file')
    .action(async (peer: string, flags: WhyFlags) =>
      launch(async () => (await import('./commands/evidence.ts')).runWhy(peer, flags)),
    )
  withExample(why, 'haggle why 12D3KooW…', 'haggle why x9fQ2aBc --skill shout --json --as ada')

  const evidence = program
    .command('evidence')
    .description('Look at what is held of contracts, hand it on, or take it in.')
  const list = withAgent(evidence.command('list'))
    .description('List the contracts of which evidence is held, and what it proves; last the digest of all.')
    .action(async (flags: AgentFlags) =>
      launch(async () => (await import('./commands/evidence.ts')).runEvidenceList(flags)),
    )
  withExample(list, 'haggle evidence list', 'haggle evidence list --json --as ada')
  const exported = withAgent(evidence.command('export'))
    .description('Print all evidence, one record a line: each verifies alone.')
    .option('--out <file>', 'write it to a file instead of stdout')
    .action(async (flags: EvidenceFlags) =>
      launch(async () => (await import('./commands/evidence.ts')).runEvidenceExport(flags)),
    )
  withExample(exported, 'haggle evidence export > evidence.jsonl', 'haggle evidence export --out evidence.jsonl')
  const imported = withNetwork(evidence.command('import'))
    .description('Take in evidence that another agent exported; what does not verify alone is refused by its line.')
    .argument('<file>', 'an evidence file, or - for stdin')
    .action(async (file: string, flags: NetworkFlags) =>
      launch(async () => (await import('./commands/evidence.ts')).runEvidenceImport(file, flags)),
    )
  withExample(
    imported,
    'haggle evidence import evidence.jsonl',
    'haggle evidence export --as ada | haggle evidence import -',
  )
  withExample(evidence, 'haggle evidence list')
}
