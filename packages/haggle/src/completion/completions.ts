import type { Argument, Command, Option } from 'commander'

/** What may stand where a value is expected. */
export type Values =
  | { readonly kind: 'none' }
  /** Something that nobody can guess: a number, a text. */
  | { readonly kind: 'any' }
  | { readonly kind: 'file' }
  | { readonly kind: 'agent' }
  | { readonly kind: 'words'; readonly words: readonly string[] }

export interface CompletedFlag {
  readonly long: string
  readonly description: string
  readonly values: Values
}

/** One command with everything that may follow it. */
export interface CompletedCommand {
  /** Its words, `contract show`; empty for the program itself. */
  readonly path: string
  readonly description: string
  readonly flags: readonly CompletedFlag[]
  readonly argument: Values
  readonly subcommands: readonly { readonly name: string; readonly description: string }[]
}

/** Values that a flag takes from a short list. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  '--mode': ['auction', 'claim'],
  '--profile': ['lan', 'wan', 'human'],
}

/** Every command of a program, itself first, as a shell's completion needs it: read off the program, so that it cannot age. */
export function completedCommands(program: Command, path = ''): readonly CompletedCommand[] {
  const subcommands = program.commands.map((each) => ({
    name: each.name(),
    description: firstSentence(each.description()),
  }))
  const own: CompletedCommand = {
    path,
    description: firstSentence(program.description()),
    flags: [...program.options.map(flagOf), { long: '--help', description: 'show help', values: { kind: 'none' } }],
    argument: argumentOf(program.registeredArguments[0]),
    subcommands,
  }
  return [own, ...program.commands.flatMap((each) => completedCommands(each, `${path} ${each.name()}`.trim()))]
}

function flagOf({ long, flags, description }: Option): CompletedFlag {
  const name = long ?? ''
  const placeholder = /<([^>]+)>/.exec(flags)?.[1]
  return { long: name, description: firstSentence(description), values: valuesOf(name, placeholder) }
}

function valuesOf(long: string, placeholder: string | undefined): Values {
  const words = WORDS[long]
  if (words !== undefined) return { kind: 'words', words }
  if (placeholder === undefined) return { kind: 'none' }
  if (long === '--as') return { kind: 'agent' }
  return /^(file|dir)$/.test(placeholder) ? { kind: 'file' } : { kind: 'any' }
}

function argumentOf(argument: Argument | undefined): Values {
  if (argument === undefined) return { kind: 'none' }
  if (argument.argChoices !== undefined) return { kind: 'words', words: argument.argChoices }
  return argument.name() === 'file' ? { kind: 'file' } : { kind: 'any' }
}

function firstSentence(text: string): string {
  return text.replace(/(\s\(|[.;:]\s|\.$)[^]*$/, '').trim()
}
