import type { CompletedCommand, CompletedFlag, Values } from './completions.ts'

/** The completion of bash, for `eval "$(haggle completion bash)"`. It starts no process. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const groups = commands.filter(({ path, subcommands }) => path !== '' && subcommands.length > 0)
  return `# bash completion of haggle
_haggle_files() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$1")); }
_haggle_agents() { COMPREPLY=($(cd "\${HAGGLE_HOME:-$HOME/.haggle}" 2>/dev/null && compgen -d -- "$1")); }
_haggle() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" word words="" at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    if [[ $word == -- ]]; then COMPREPLY=($(compgen -c -- "$cur")); return; fi
    if [[ $word == -* ]]; then continue; fi
    if [[ -z $path ]]; then path="$word"
    elif ${groups.length === 0 ? 'false' : groups.map(({ path }) => `[[ $path == ${path} ]]`).join(' || ')}; then path="$path $word"
    fi
  done
  case "$prev" in
${valueCases(commands)}
  esac
  case "$path" in
${commands.map(commandCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _haggle haggle
`
}

/** What follows a flag that takes a value; a flag means the same with every command that has it. */
function valueCases(commands: readonly CompletedCommand[]): string {
  const flags = new Map(commands.flatMap(({ flags: each }) => each.map((flag) => [flag.long, flag] as const)))
  return [...flags.values()]
    .filter(({ values }) => values.kind !== 'none')
    .map(({ long, values }) => `    ${long}) ${completing(values)}return ;;`)
    .join('\n')
}

function completing(values: Values): string {
  if (values.kind === 'file') return '_haggle_files "$cur"; '
  if (values.kind === 'agent') return '_haggle_agents "$cur"; '
  return values.kind === 'words' ? `COMPREPLY=($(compgen -W "${values.words.join(' ')}" -- "$cur")); ` : ''
}

function commandCase(command: CompletedCommand): string {
  const { path, argument } = command
  const name = path === '' ? '""' : `"${path}"`
  const files = argument.kind === 'file' ? 'if [[ $cur != -* ]]; then _haggle_files "$cur"; return; fi; ' : ''
  return `    ${name}) ${files}words="${wordsOf(command)}" ;;`
}

function wordsOf({ subcommands, argument, flags }: CompletedCommand): string {
  const words = argument.kind === 'words' ? argument.words : []
  return [...subcommands.map(({ name }) => name), ...words, ...flags.map(({ long }: CompletedFlag) => long)].join(' ')
}
