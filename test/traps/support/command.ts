import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Running } from '../../process/support/running.ts'

/** The command of the copy: this module is played from its root. */
const BIN = fileURLToPath(new URL('packages/haggle/bin/haggle.js', import.meta.url))

/** Starts `haggle`; its standard input has this text and an end. */
export function haggle(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Running {
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...env } })
  // A trap that has closed ends its regression early, and must not leave an agent behind.
  process.once('exit', () => child.kill('SIGKILL'))
  child.stdin.end(input)
  return new Running(child, `haggle ${args.join(' ')}`)
}
