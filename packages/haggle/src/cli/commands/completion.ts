import type { Command } from 'commander'
import { bashCompletion } from '../../completion/bash.ts'
import { completedCommands } from '../../completion/completions.ts'
import { fishCompletion } from '../../completion/fish.ts'
import { zshCompletion } from '../../completion/zsh.ts'
import { exitCode } from '../exit-code.ts'
import type { CommonFlags } from '../flags.ts'
import { localSession } from '../local-session.ts'
import { writeJson } from '../session.ts'

export const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

/** `haggle completion`: prints a script that a shell reads. */
export async function runCompletion(program: Command, shell: keyof typeof shells, flags: CommonFlags): Promise<number> {
  const session = localSession({ catchSignals: false })
  const script = shells[shell](completedCommands(program))
  if (flags.json === true) await writeJson(session, { shell, script })
  else await session.write(script)
  return exitCode.ok
}
