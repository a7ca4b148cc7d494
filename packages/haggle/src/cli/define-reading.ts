import { Argument, type Command } from 'commander'
import {
  parsedBy,
  withAgent,
  withExample,
  withJson,
  withNetwork,
  type AgentFlags,
  type CommonFlags,
  type NetworkFlags,
} from './flags.ts'
import type { CheckFlags, ContractsFlags, EventsFlags, ResultFlags, StatusFlags, VerifyFlags } from './command-flags.ts'
import type { Launch } from './launch.ts'
import { parseCount, parseId } from './values.ts'

/** Commands that look at what an agent has, and `cancel`. */
export function defineReading(program: Command, launch: Launch): void {
  defineJudging(program, launch)

  const contracts = withAgent(program.command('contracts'))
    .description('List the contracts of an agent, oldest first.')
    .option('--all', 'also awards that no worker accepted')
    .action(async (flags: ContractsFlags) =>
      launch(async () =>
        (await import('./commands/reading.ts')).runReading({ name: 'contracts', all: flags.all === true }, flags),
      ),
    )
  withExample(contracts, 'haggle contracts --json')
  defineContract(program, launch)
  defineNetworkViews(program, launch)

  const events = withAgent(program.command('events'))
    .description('Print what happened to an agent, oldest first.')
    .option('--follow', 'go on with new events until Ctrl-C')
    .action(async (flags: EventsFlags) =>
      launch(async () =>
        (await import('./commands/reading.ts')).runReading({ name: 'events', follow: flags.follow === true }, flags),
      ),
    )
  withExample(events, 'haggle events --follow --json --as ada')

  const tax = withAgent(program.command('tax'))
    .description(
      'Say what coordination cost this agent, by phase and by task: messages, bytes, signatures, CPU, waiting.',
    )
    .argument(
      '[id]',
      'unique ending of the id of a task or contract, or the key given to hire',
      parsedBy((text) => parseId(text, 'id')),
    )
    .action(async (id: string | undefined, flags: AgentFlags) =>
      launch(async () => (await import('./commands/reading.ts')).runReading({ name: 'tax', id: id ?? null }, flags)),
    )
  tax.addHelpText(
    'after',
    '\nFor a task that was hired out it also says whether doing it oneself would have been cheaper.',
  )
  withExample(tax, 'haggle tax', 'haggle tax invoice-42 --json')

  const status = withAgent(program.command('status'))
    .description('Say what an agent is and does; without --as, every agent of this machine.')
    .option('--genesis <file>', 'say also whether it trusts the anchors in this file')
    .action(async (flags: StatusFlags) => launch(async () => (await import('./commands/status.ts')).runStatus(flags)))
  withExample(status, 'haggle status', 'haggle status --as ada --genesis lab.json --json')

  const doctor = withNetwork(program.command('doctor'))
    .description('Look at everything an agent needs, say what is wrong, and how to mend it. Nothing is changed.')
    .action(async (flags: NetworkFlags) => launch(async () => (await import('./commands/doctor.ts')).runDoctor(flags)))
  withExample(doctor, 'haggle doctor', 'haggle doctor --as shout --json')

  const completion = withJson(program.command('completion'))
    .description('Print the completion script of a shell: commands, flags, and names of agents.')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish', flags: CommonFlags) =>
      launch(async () => (await import('./commands/completion.ts')).runCompletion(program, shell, flags)),
    )
  withExample(completion, 'eval "$(haggle completion bash)"', 'haggle completion fish | source')
}

/** Commands that judge what is written down, on nobody's word. */
function defineJudging(program: Command, launch: Launch): void {
  const verify = withJson(program.command('verify'))
    .description('Judge a task file offline: parties, terms, every signature and link, and how each contract ended.')
    .argument('<file>', 'a task file, or - for stdin')
    .option('--payload <file>', 'a result to check against the signed hash and acceptance')
    .action(async (file: string, flags: VerifyFlags) =>
      launch(async () => (await import('./commands/verify.ts')).runVerify(file, flags)),
    )
  withExample(verify, 'haggle verify contract.json')

  const check = withJson(program.command('check'))
    .description(
      'Judge what agents have written down, all of them together: invariants that their logs, events and records violate.',
    )
    .argument('<dirs...>', 'directories of agents that do not run, or directories that hold them')
    .option('--at-rest', 'they ran on, connected, until now: then all that is due has an end, and both parties know it')
    .option(
      '--slots <n>',
      'the most slots that any worker had',
      parsedBy((text) => parseCount(text, 1, 4_096)),
    )
    .action(async (dirs: readonly string[], flags: CheckFlags) =>
      launch(async () => (await import('./commands/check.ts')).runCheck(dirs, flags)),
    )
  const replay = withJson(program.command('replay'))
    .description('Run a flight record through the engine again: it must answer, do and remember the same.')
    .argument('<dir>', 'what --flight named')
    .action(async (dir: string, flags: CommonFlags) =>
      launch(async () => (await import('./commands/replay.ts')).runReplay(dir, flags)),
    )
  withExample(replay, 'haggle replay ./flight')

  withExample(check, 'haggle check ~/.haggle/ada ~/.haggle/shout', 'haggle check ~/.haggle --at-rest --json')
}

function defineContract(program: Command, launch: Launch): void {
  const contract = program
    .command('contract')
    .description('Show, fetch, export or cancel one contract.')
    .addHelpText('after', '\nID is any unique ending of a contract id, or the key given to hire.')
  const sub = (name: string, description: string): Command =>
    withAgent(contract.command(name))
      .description(description)
      .argument(
        '<id>',
        'unique ending of the id, or the key given to hire',
        parsedBy((text) => parseId(text, 'id')),
      )

  const show = sub('show', 'Show parties, terms, entries and outcome.').action(async (id: string, flags: AgentFlags) =>
    launch(async () => (await import('./commands/reading.ts')).runReading({ name: 'contract-show', id }, flags)),
  )
  withExample(show, 'haggle contract show invoice-42 --json')
  const result = sub('result', 'Print the result of a settled contract byte for byte.')
    .option('--out <file>', 'write it to a file instead of stdout')
    .action(async (id: string, flags: ResultFlags) =>
      launch(async () => (await import('./commands/reading.ts')).runResult(id, flags)),
    )
  withExample(result, 'haggle contract result invoice-42 --out invoice.txt')
  const exported = sub('export', 'Print the task file: what verify judges.')
    .option('--out <file>', 'write it to a file instead of stdout')
    .action(async (id: string, flags: ResultFlags) =>
      launch(async () => (await import('./commands/reading.ts')).runExport(id, flags)),
    )
  withExample(exported, 'haggle contract export invoice-42 > contract.json')
  const cancel = sub('cancel', 'Withdraw the offer, or ask the worker to agree to an end.').action(
    async (id: string, flags: AgentFlags) =>
      launch(async () => (await import('./commands/reading.ts')).runCancel(id, flags)),
  )
  withExample(cancel, 'haggle contract cancel invoice-42')
  withExample(contract, 'haggle contract show invoice-42')
}

function defineNetworkViews(program: Command, launch: Launch): void {
  const peers = withNetwork(program.command('peers'))
    .description('List the peers that the agent is connected to; when it does not run, listen for two seconds.')
    .action(async (flags: NetworkFlags) =>
      launch(async () => (await import('./commands/network-views.ts')).runNetworkView('peers', flags)),
    )
  withExample(peers, 'haggle peers')
  const skills = withNetwork(program.command('skills'))
    .description(
      'List the skills on offer in the network, cheapest first; when the agent does not run, listen for two seconds.',
    )
    .action(async (flags: NetworkFlags) =>
      launch(async () => (await import('./commands/network-views.ts')).runNetworkView('skills', flags)),
    )
  withExample(skills, 'haggle skills --json')
}
