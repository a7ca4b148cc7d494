import type { LogFields, Logger } from '@haggle/ports'

/** Says only what a person must know although nothing was asked for. */
export const quietLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (event, fields) => line('error', event, fields),
}

/** Everything, one JSON object per line: for `--debug`. */
export const stderrLogger: Logger = {
  debug: (event, fields) => line('debug', event, fields),
  info: (event, fields) => line('info', event, fields),
  warn: (event, fields) => line('warn', event, fields),
  error: (event, fields) => line('error', event, fields),
}

function line(level: string, event: string, fields: LogFields = {}): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level, log: event, ...fields })}\n`)
}
