import type { CompletedCommand, Values } from './completions.ts'

/** The completion of zsh, for a file `_haggle` in `$fpath`, or for `eval` after `compinit`. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `#compdef haggle
_haggle_agents() { local -a agents; agents=(\${HAGGLE_HOME:-$HOME/.haggle}/*(N/:t)); _describe agent agents; }
_haggle() {
  local cmd="" word
  local -a names
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ $word == -- ]]; then _command_names -e; return; fi
    [[ $word == -* ]] && continue
    case "$cmd $word" in
${commands
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ${quote(path.includes(' ') ? path : ` ${path}`)}) cmd=${quote(path)} ;;`)
  .join('\n')}
    esac
  done
  case "$cmd" in
${commands.map(caseOf).join('\n')}
  esac
}
if [[ $funcstack[1] == _haggle ]]; then _haggle "$@"; else compdef _haggle haggle; fi
`
}

function caseOf({ path, flags, argument, subcommands }: CompletedCommand): string {
  const lines: string[] = []
  if (subcommands.length > 0) {
    const names = subcommands.map(({ name, description }) => quote(`${name}:${description}`))
    lines.push(`names=(${names.join(' ')})`, '_describe command names')
  }
  const specs = flags.map(({ long, description, values }) =>
    quote(`*${long}[${bare(description)}]${valueSpec(values)}`),
  )
  const rest = argument.kind === 'none' ? [] : [quote(`*:argument:${action(argument)}`)]
  lines.push(`_arguments ${[...specs, ...rest].join(' ')}`)
  return `    ${quote(path)}) ${lines.join('; ')} ;;`
}

function valueSpec(values: Values): string {
  return values.kind === 'none' ? '' : `:value:${action(values)}`
}

function action(values: Values): string {
  if (values.kind === 'file') return '_files'
  if (values.kind === 'agent') return '_haggle_agents'
  return values.kind === 'words' ? `(${values.words.join(' ')})` : ' '
}

/** The descriptions of `_arguments` end at a bracket and split at a colon. */
function bare(text: string): string {
  return text.replaceAll(/[[\]:]/g, ' ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
