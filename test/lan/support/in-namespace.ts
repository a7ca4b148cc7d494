import { spawnSync } from 'node:child_process'
import type { Namespace } from '../../process/support/namespace.ts'

/** Runs a command of the system in a network; its words are separated by spaces. Returns what it printed, throws what it said when it fails. */
export function inNamespace(namespace: Namespace, command: string): string {
  const [program = '', ...args] = command.split(' ')
  const [enter, entering] = namespace.enter(program, args)
  const { status, stdout, stderr } = spawnSync(enter, entering, { timeout: 20_000 })
  if (status !== 0) throw new Error(`${command}: ${stderr.toString()}`)
  return stdout.toString()
}
