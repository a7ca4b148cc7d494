import type { Command } from 'commander'
import type { NetworkInitFlags } from './command-flags.ts'
import { parsedBy, repeated, withExample, withJson, type CommonFlags } from './flags.ts'
import type { Launch } from './launch.ts'
import { parseName } from './values.ts'

/** What concerns a network as a whole. */
export function defineNetwork(program: Command, launch: Launch): void {
  const network = program.command('network').description('Make what the agents of one network share.')
  const secret = withJson(network.command('secret'))
    .description('Make the secret of a private network: only agents that are started with it meet.')
    .argument('[file]', 'write it to this new file, readable by you alone (default: stdout)')
    .action(async (file: string | undefined, flags: CommonFlags) =>
      launch(async () => (await import('./commands/network-secret.ts')).runNetworkSecret(file, flags)),
    )
  withExample(secret, 'haggle network secret lab.secret', 'haggle work shout --secret lab.secret -- tr a-z A-Z')
  defineGenesis(network, launch)
  withExample(network, 'haggle network init --network lab --anchor 12D3KooW… --out lab.json')
}

function defineGenesis(network: Command, launch: Launch): void {
  const init = withJson(network.command('init'))
    .description('Make the genesis file of a network: whom everybody trusts beside themselves.')
    .option(
      '--network <name>',
      'the network that it is of (default: haggle)',
      parsedBy((text) => parseName(text, 'a network')),
    )
    .addOption(repeated('--anchor <peer>', 'the PeerId of an agent that all are to trust (repeatable, 128 at most)'))
    .option('--note <text>', 'a word for whoever reads the file, 1024 characters at most')
    .option('--out <file>', 'write it to this new file (default: stdout)')
    .option('--force', 'replace the file if it is there')
    .action(async (flags: NetworkInitFlags) =>
      launch(async () => (await import('./commands/network-genesis.ts')).runNetworkInit(flags)),
    )
  withExample(
    init,
    'haggle network init --network lab --anchor 12D3KooW… --anchor 12D3KooW… --out lab.json',
    'haggle up --genesis lab.json',
  )
  const show = withJson(network.command('show'))
    .description('Print what a genesis file says, or the line that is wrong in it.')
    .argument('<file>', 'a genesis file')
    .action(async (file: string, flags: CommonFlags) =>
      launch(async () => (await import('./commands/network-genesis.ts')).runNetworkShow(file, flags)),
    )
  withExample(show, 'haggle network show lab.json')
}
