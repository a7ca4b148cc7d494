import type { Logger, Metrics } from '@haggle/ports'

/** Writes nothing. */
export const quietLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Counts nothing. */
export const noMetrics: Metrics = { count() {}, part() {}, turn() {}, tally() {} }
