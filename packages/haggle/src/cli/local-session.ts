import type { Session } from './session.ts'

/** The session of this process. `catchSignals` takes Ctrl-C and SIGTERM over from the system's default, which ends the process. */
export function localSession(init: { readonly catchSignals: boolean }): Session {
  const first = new AbortController()
  const second = new AbortController()
  const unread = new AbortController()
  const onSignal = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (first.signal.aborted) second.abort(name)
    else first.abort(name)
  }
  if (init.catchSignals) {
    process.on('SIGINT', () => onSignal('SIGINT'))
    process.on('SIGTERM', () => onSignal('SIGTERM'))
  }
  // What a failed write says and which exit code it leaves is watched for the whole process.
  process.stdout.on('error', () => unread.abort('EPIPE'))
  return {
    cwd: process.cwd(),
    tty: {
      stdin: process.stdin.isTTY === true,
      stdout: process.stdout.isTTY === true,
      stderr: process.stderr.isTTY === true,
    },
    color: wantsColor(process.env, process.stdout.isTTY === true),
    input: () => process.stdin,
    async write(chunk) {
      if (unread.signal.aborted) return
      await new Promise<void>((resolve) => process.stdout.write(chunk, () => resolve()))
    },
    note(text) {
      process.stderr.write(`${text}\n`)
    },
    interrupted: first.signal,
    killed: second.signal,
    unread: unread.signal,
  }
}

/** NO_COLOR (any value but empty) forbids, FORCE_COLOR asks, otherwise a terminal decides. */
export function wantsColor(env: NodeJS.ProcessEnv, tty: boolean): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0'
  return tty && env['TERM'] !== 'dumb'
}
