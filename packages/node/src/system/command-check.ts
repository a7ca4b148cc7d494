import type { CheckAnswer } from '@haggle/ports'
import { runGroup } from './run-group.ts'

/** How a command looks at a result: it reads the result on stdin, and exit code 0 approves. */
export interface CommandCheckInit {
  /** A line for `sh -c`. */
  readonly command: string
  readonly result: AsyncIterable<Uint8Array>
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly onStderr?: (line: string) => void
}

/**
 * Asks a command of the requester about a result: it comes on stdin, exit code 0 passes. Its output is thrown away.
 * An aborted check knows nothing, nor does one that cannot be run: the shell says so by 126 and 127.
 */
export async function commandCheck({ command, result, ...rest }: CommandCheckInit): Promise<CheckAnswer> {
  const outcome = await runGroup({
    ...rest,
    command: '/bin/sh',
    args: ['-c', command],
    input: result,
    maxOutputBytes: Number.MAX_SAFE_INTEGER,
    async consume(output) {
      // Read to the end: a full pipe would stop the command.
      const iterator = output[Symbol.asyncIterator]()
      while ((await iterator.next()).done !== true);
    },
  })
  switch (outcome.kind) {
    case 'done':
      return { kind: 'pass' }
    case 'stopped':
      return { kind: 'unknown' }
    case 'failed':
      if (outcome.exit === 126 || outcome.exit === 127) return { kind: 'unknown' }
      return { kind: 'fail', reason: reasonOf(outcome.code, outcome.exit, outcome.signal, rest.timeoutMs) }
  }
}

function reasonOf(code: string, exit: number | null, signal: string | null, timeoutMs: number): string {
  if (code === 'work/timed-out') return `the check did not end within ${timeoutMs} ms`
  return exit === null ? `the check was ended by ${signal ?? 'a signal'}` : `the check ended with exit code ${exit}`
}
