import type { CompletedCommand, CompletedFlag, Values } from './completions.ts'

/** The completion of fish, for `haggle completion fish | source`. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return `# fish completion of haggle
function __haggle_agents
  set -q HAGGLE_HOME; or set -l HAGGLE_HOME $HOME/.haggle
  for agent in $HAGGLE_HOME/*/
    basename $agent
  end
end
complete -c haggle -f
${commands.flatMap(linesOf).join('\n')}
`
}

function linesOf({ path, flags, argument, subcommands }: CompletedCommand): readonly string[] {
  const when = condition(path, subcommands)
  const names = subcommands.map(({ name, description }) => `${when} -a ${name} -d ${quote(description)}`)
  const here = path === '' ? when : condition(path, [])
  const files = argument.kind === 'file' ? [`${here} -F`] : []
  const words = argument.kind === 'words' ? [`${here} -a ${quote(argument.words.join(' '))}`] : []
  return [...names, ...files, ...words, ...flags.map((flag) => flagLine(here, flag))]
}

function condition(path: string, subcommands: readonly { readonly name: string }[]): string {
  if (path === '') return `complete -c haggle -n __fish_use_subcommand`
  const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`)
  const none =
    subcommands.length === 0 ? [] : [`not __fish_seen_subcommand_from ${subcommands.map(({ name }) => name).join(' ')}`]
  return `complete -c haggle -n ${quote([...seen, ...none].join('; and '))}`
}

function flagLine(when: string, { long, description, values }: CompletedFlag): string {
  return `${when} -l ${long.slice(2)}${valuePart(values)} -d ${quote(description)}`
}

function valuePart(values: Values): string {
  if (values.kind === 'none') return ''
  if (values.kind === 'file') return ' -r -F'
  if (values.kind === 'agent') return " -x -a '(__haggle_agents)'"
  return values.kind === 'words' ? ` -x -a ${quote(values.words.join(' '))}` : ' -x'
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
