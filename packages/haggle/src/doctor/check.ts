/** `mend`: an agent cannot do its work like this. `warning`: it can, though not all of it, or not for long. */
export type CheckState = 'ok' | 'warning' | 'mend'

/** What the doctor found about one thing. */
export interface Check {
  readonly check: CheckName
  readonly state: CheckState
  /** What was seen, as a fact. */
  readonly saw: string
  /** What to do about it, an exact command where there is one; null when there is nothing to do. */
  readonly mend: string | null
}

export type CheckName =
  | 'node'
  | 'files'
  | 'directory'
  | 'space'
  | 'key'
  | 'lock'
  | 'store'
  | 'port'
  | 'multicast'
  | 'genesis'
  | 'secret'
  | 'peers'
  | 'clock'

export function ok(check: CheckName, saw: string): Check {
  return { check, state: 'ok', saw, mend: null }
}

export function warning(check: CheckName, saw: string, mend: string | null): Check {
  return { check, state: 'warning', saw, mend }
}

export function toMend(check: CheckName, saw: string, mend: string): Check {
  return { check, state: 'mend', saw, mend }
}

/** A word for the shell, quoted where it must be. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
