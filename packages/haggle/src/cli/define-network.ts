import type { Command } from 'commander'
import { withExample, withJson, type CommonFlags } from './flags.ts'
import type { Launch } from './launch.ts'

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
  withExample(network, 'haggle network secret lab.secret')
}
