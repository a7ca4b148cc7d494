import { HaggleError } from '@haggle/protocol'

/** The journal is closed; nothing can be asked of it any more. */
export function closedError(): HaggleError {
  return new HaggleError('journal/closed', 'the journal is closed', { next: 'Open the agent directory again.' })
}

/** Some write failed, so what the disk holds is unknown and nothing may be built on it. */
export function haltedError(cause: unknown): HaggleError {
  return new HaggleError('journal/halted', `a write to the journal failed: ${textOf(cause)}`, {
    next: 'Check the disk, then start the agent again: it resumes from what the disk really holds.',
    cause,
  })
}

/** The disk is full: nothing is written any more, what is held can still be read. */
export function diskFullError(cause: unknown): HaggleError {
  return new HaggleError('journal/disk-full', 'the disk of the journal is full', {
    next: 'Free some space, then start the agent again; until then it answers but signs nothing.',
    cause,
  })
}

/** Rows are missing or changed: the log no longer says what we signed. */
export function corruptError(problem: string, cause?: unknown): HaggleError {
  return new HaggleError('journal/corrupt', `the journal is damaged: ${problem}`, {
    next: 'Restore the directory from a backup, or start under another name: signing on from a damaged log could contradict what was signed before.',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** The journal is open already, here or in another process. */
export function heldError(directory: string, cause?: unknown): HaggleError {
  return new HaggleError('journal/held', `the journal in ${directory} is already open`, {
    next: 'Attach to the process that holds it, or choose another name for this agent.',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Names what went wrong on opening, from what the database reports. */
export function openError(directory: string, thrown: unknown): HaggleError {
  const cause = causeOf(thrown)
  const code = codeOf(cause)
  if (thrown instanceof HaggleError) return thrown
  if (code === 'LEVEL_LOCKED') return heldError(directory, cause)
  if (isDiskFull(cause)) return diskFullError(cause)
  // A file that the index names and that is not there reports as an I/O error, not as corruption.
  if (code === 'LEVEL_CORRUPTION' || /No such file|does not exist/.test(textOf(cause))) {
    return corruptError(textOf(cause), cause)
  }
  return ioError(cause)
}

/** Names what went wrong while reading. */
export function readError(thrown: unknown): HaggleError {
  if (thrown instanceof HaggleError) return thrown
  const cause = causeOf(thrown)
  const code = codeOf(cause)
  if (code === 'LEVEL_ITERATOR_NOT_OPEN' || code === 'LEVEL_DATABASE_NOT_OPEN') return closedError()
  if (code === 'LEVEL_CORRUPTION') return corruptError(textOf(cause), cause)
  return ioError(cause)
}

/** Names what went wrong while writing. */
export function writeError(thrown: unknown): HaggleError {
  if (thrown instanceof HaggleError) return thrown
  const cause = causeOf(thrown)
  return isDiskFull(cause) ? diskFullError(cause) : haltedError(cause)
}

function ioError(cause: unknown): HaggleError {
  return new HaggleError('journal/io', `the journal cannot be read: ${textOf(cause)}`, {
    next: 'Check the disk and the permissions of the directory, then start the agent again.',
    cause,
  })
}

// LevelDB hands the text of errno through; it has no code of its own for a full disk.
function isDiskFull(cause: unknown): boolean {
  return /No space left on device|Disk quota exceeded/.test(textOf(cause))
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
