/**
 * Where a command reads and writes. It is this process's own terminal, or that of another process whose command
 * the running agent carries out; a command cannot tell the two apart.
 */
export interface Session {
  /** Absolute; relative file names of the user start here. */
  readonly cwd: string
  readonly tty: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  readonly color: boolean
  /** The bytes of stdin; nothing is read before the first iteration. */
  input(): AsyncIterable<Uint8Array>
  /** Resolves when the reader has room for more; once the reader has left, writes are dropped. */
  write(chunk: Uint8Array | string): Promise<void>
  /** Words for people, on stderr. */
  note(text: string): void
  /** Aborts at the first interrupt; its reason is the signal's name. */
  readonly interrupted: AbortSignal
  /** Aborts at the second interrupt, or when the terminal is gone: do not wait for anything. */
  readonly killed: AbortSignal
  /** Aborts when nobody reads stdout any more. */
  readonly unread: AbortSignal
}

/** One JSON value on a line of its own. */
export async function writeJson(session: Session, value: unknown): Promise<void> {
  await session.write(`${JSON.stringify(value)}\n`)
}

/** 130 after Ctrl-C, 143 after SIGTERM, as shells expect. */
export function signalExitCode(interrupted: AbortSignal): number {
  return interrupted.reason === 'SIGTERM' ? 143 : 130
}
