import type { Command } from 'commander'
import type { SimFlags } from './command-flags.ts'
import { withExample, withJson } from './flags.ts'
import type { Launch } from './launch.ts'

/** `haggle sim`: many agents in a virtual world. Its values are read by the simulator, which is loaded when it is chosen. */
export function defineSim(program: Command, launch: Launch): void {
  const sim = withJson(program.command('sim'))
    .description('Run the product in virtual worlds with faults and cheats, and look for a broken promise.')
    .option('--seed <n>', 'one world: prints its trace hash; the same seed is the same world, to the bit')
    .option('--seeds <range>', 'many worlds: A..B, or how many from 1 on (default: 200)')
    .option('--plan <file>', 'one world as a Plan in JSON describes it, such as a failing run leaves behind')
    .option('--agents <n>', 'agents in each world (default: as the scenario has it)')
    .option(
      '--scenario <name>',
      'swarm, crash, partition, clocks, byzantine, late-join, witness, liars, seals, false-asks, crowd, large, pace or tax (default: swarm)',
    )
    .option('--mutant <name>', 'plant this bug in the product first: the run should fail')
    .option('--mutants', 'plant every bug of the bank, one after the other, and say which are found')
    .option('--jobs <n>', 'worlds at the same time, each in a thread of its own (default: one for each core)')
    .option('--svg <file>', 'for the scenario tax: draw the curves into this file')
    .action(async (flags: SimFlags) => launch(async () => (await import('./commands/sim.ts')).runSim(flags)))
  sim.addHelpText(
    'after',
    '\nA broken promise is named with the records that prove it, made small, drawn, and left as a Plan to run again.',
  )
  withExample(
    sim,
    'haggle sim --seeds 5000',
    'haggle sim --seed 4711 --json',
    'haggle sim --scenario tax --svg tax.svg',
  )
}
