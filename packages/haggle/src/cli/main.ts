import { CommanderError } from 'commander'
import { exitCode } from './exit-code.ts'
import { buildProgram } from './program.ts'
import { exitAfterOutput, watchOutput } from './stdout-watch.ts'

/** Runs one command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<never> {
  watchOutput()
  const { own, command } = splitCommand(argv)
  let code: number = exitCode.ok
  try {
    const program = buildProgram(async (run) => {
      code = await run()
    }, command)
    await program.parseAsync(own, { from: 'user' })
  } catch (error) {
    code = await explain(error, argv.includes('--debug'))
  }
  return leave(code)
}

/** Everything after the first `--` of `work` is the user's command and none of our options. */
export function splitCommand(argv: readonly string[]): {
  readonly own: readonly string[]
  readonly command?: readonly string[]
} {
  const at = argv.indexOf('--')
  if (argv[0] !== 'work' || at < 0) return { own: argv }
  return { own: argv.slice(0, at), command: argv.slice(at + 1) }
}

async function explain(error: unknown, debug: boolean): Promise<number> {
  // Commander has printed its own message; help and version leave with 0, the rest is usage.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
  const { renderError } = await import('./render-error.ts')
  const { text, code } = renderError(error, debug)
  process.stderr.write(text)
  return code
}

/** Sockets of the network may keep timers for a second after they were closed: the exit is explicit, after the last byte is out. */
async function leave(code: number): Promise<never> {
  const drained = (stream: NodeJS.WriteStream): Promise<void> =>
    new Promise((resolve) =>
      stream.writableLength === 0 || stream.destroyed ? resolve() : stream.write('', () => resolve()),
    )
  await Promise.all([drained(process.stdout), drained(process.stderr)])
  process.exit(exitAfterOutput(code, exitCode.failure))
}
