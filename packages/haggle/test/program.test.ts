import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { splitCommand } from '../src/cli/main.ts'
import { buildProgram } from '../src/cli/program.ts'

const program = buildProgram(async () => undefined, undefined)
const commands = allCommands(program)

describe('help', () => {
  test('names every command of this version', () => {
    expect(program.commands.map((command) => command.name()).toSorted()).toEqual(
      [
        'check',
        'completion',
        'contract',
        'contracts',
        'demo',
        'doctor',
        'events',
        'evidence',
        'hire',
        'network',
        'peers',
        'replay',
        'sim',
        'skills',
        'status',
        'tax',
        'up',
        'verify',
        'why',
        'work',
      ].toSorted(),
    )
  })

  test.each(commands.map((command) => [pathOf(command), command] as const))(
    'of %s has an example and its exit codes',
    (path, command) => {
      const help = helpOf(command)
      expect(help).toContain('Example:\n')
      expect(help).toContain(`haggle ${path.split(' ')[0]}`)
      if (command.commands.length === 0) {
        expect(help).toContain('--json')
        expect(help).toContain('--debug')
        expect(help).toContain('Exit codes: 0')
      }
    },
  )
})

test('loads nothing but commander before a command is chosen, so that help answers at once', async () => {
  const outside = await staticImports(new URL('../src/cli.ts', import.meta.url))
  expect([...outside].filter((name) => !name.startsWith('node:'))).toEqual(['commander'])
})

describe('the command of work', () => {
  test('is everything after the first --, untouched', () => {
    expect(splitCommand(['work', 'shout', '--slots', '2', '--', 'sh', '-c', 'a -- b', '--', '--json'])).toEqual({
      own: ['work', 'shout', '--slots', '2'],
      command: ['sh', '-c', 'a -- b', '--', '--json'],
    })
  })

  test('is absent where there is no --, and other commands keep theirs', () => {
    expect(splitCommand(['work', 'shout', 'tr', 'a-z', 'A-Z'])).toEqual({ own: ['work', 'shout', 'tr', 'a-z', 'A-Z'] })
    expect(splitCommand(['hire', 'shout', '--', '-5'])).toEqual({ own: ['hire', 'shout', '--', '-5'] })
  })
})

/** Packages that a module and what it imports statically load at run time. */
async function staticImports(module: URL, seen = new Set<string>()): Promise<ReadonlySet<string>> {
  const outside = new Set<string>()
  if (seen.has(module.href)) return outside
  seen.add(module.href)
  const source = await readFile(module, 'utf8')
  for (const [statement, name = ''] of source.matchAll(
    /^(?:import|export) [^'"]*?from '([^']+)'|^import '([^']+)'/gm,
  )) {
    if (/^(?:import|export) type /.test(statement)) continue
    if (!name.startsWith('.')) outside.add(name)
    else for (const each of await staticImports(new URL(name, module), seen)) outside.add(each)
  }
  return outside
}

function allCommands(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...allCommands(each)])
}

function pathOf(command: Command): string {
  const { parent } = command
  return parent === null || parent === program ? command.name() : `${pathOf(parent)} ${command.name()}`
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) })
  command.outputHelp()
  return text
}
