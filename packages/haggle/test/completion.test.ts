import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { buildProgram } from '../src/cli/program.ts'
import { bashCompletion } from '../src/completion/bash.ts'
import { completedCommands } from '../src/completion/completions.ts'
import { fishCompletion } from '../src/completion/fish.ts'
import { zshCompletion } from '../src/completion/zsh.ts'

const commands = completedCommands(buildProgram(async () => undefined, undefined))
const home = mkdtempSync(join(tmpdir(), 'haggle-completion-'))
mkdirSync(join(home, 'ada'))
mkdirSync(join(home, 'alan'))
writeFileSync(join(home, 'contract.json'), '{}')
afterAll(() => rmSync(home, { recursive: true }))

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

/** What bash offers after these words, the last of them unfinished. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `${bashCompletion(commands)}
complete -p haggle >&2 || exit 9
COMP_WORDS=(haggle "$@"); COMP_CWORD=$#; _haggle; printf '%s\\n' "\${COMPREPLY[@]}"`
  const output = execFileSync('bash', ['--norc', '-c', script, 'bash', ...words], {
    cwd: home,
    env: { ...process.env, HAGGLE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return output
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .toSorted()
}

describe.skipIf(!has('bash'))('the completion of bash', () => {
  test.each([
    ['a command', ['hi'], ['hire']],
    ['a command of contract', ['contract', 'e'], ['export']],
    ['a flag', ['hire', 'echo', '--dead'], ['--deadline']],
    ['a flag behind other flags and their values', ['hire', 'echo', '--budget', '5', '--mo'], ['--mode']],
    ['a flag of a command of contract', ['contract', 'result', '--ou'], ['--out']],
    ['a value from a short list', ['work', 'echo', '--profile', 'w'], ['wan']],
    ['the name of an agent', ['status', '--as', 'a'], ['ada', 'alan']],
    ['a file', ['verify', 'con'], ['contract.json']],
    ['a file as a value', ['hire', 'echo', '--save', 'con'], ['contract.json']],
    ['a shell', ['completion', 'f'], ['fish']],
    ['nothing where nobody can guess', ['hire', 'echo', '--budget', ''], []],
    ['nothing behind a command that is none', ['hirre', 'w'], []],
  ] as const)('offers %s', (_, words, expected) => {
    expect(offered(...words)).toEqual(expected)
  })

  test('offers programs behind the -- of work', () => {
    expect(offered('work', 'echo', '--', 'bas')).toContain('bash')
  })
})

describe('every shell', () => {
  test('knows every command, every flag and every value of a list', () => {
    const scripts = [bashCompletion(commands), zshCompletion(commands), fishCompletion(commands)]
    for (const { path, flags, subcommands } of commands) {
      for (const script of scripts) {
        expect(script).toContain(path.split(' ').at(-1) ?? '')
        for (const { name } of subcommands) expect(script).toContain(name)
        for (const { long } of flags) expect(script).toContain(script === scripts[2] ? `-l ${long.slice(2)}` : long)
      }
    }
    for (const script of scripts) expect(script).toContain('lan wan human')
  })

  test('offers values only of flags that there are', () => {
    const flags = commands.flatMap((command) => command.flags)
    for (const long of ['--mode', '--profile', '--as'])
      expect(flags.find((flag) => flag.long === long)?.values.kind).toMatch(/words|agent/)
  })

  test.each([
    ['zsh', zshCompletion],
    ['fish', fishCompletion],
  ] as const)('parses its script, where %s is installed', (shell, script) => {
    if (!has(shell)) return
    expect(spawnSync(shell, ['--no-execute'], { input: script(commands) }).status).toBe(0)
  })
})
