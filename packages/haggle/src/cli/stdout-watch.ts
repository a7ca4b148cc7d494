/** The failure of stdout that a command's exit code must tell of, if there was one. */
let failed = false

/**
 * Watches this process's output from its first byte on, help included, so that no failed write ends in a stack. A reader such
 * as `head` that has enough is no failure of ours; anything else, such as a full disk, is one.
 */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || failed) return
    failed = true
    process.stderr.write(
      `haggle: stdout cannot be written: ${error.code === 'ENOSPC' ? 'the disk is full' : error.message}\n` +
        '  Mend that and run the command again; results stay in the store: haggle contract result ID.\n',
    )
  })
  process.stderr.on('error', () => {
    // Nobody reads the notes; the command goes on without them.
  })
}

/** The exit code of a command, which is no success when its output was lost. */
export function exitAfterOutput(code: number, failure: number): number {
  return code === 0 && failed ? failure : code
}
