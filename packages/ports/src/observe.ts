export type LogFields = Readonly<Record<string, string | number | boolean | null>>

/** Events with fields, never prose assembled from a peer's text above debug. */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/** The phase of a contract to which a cost belongs. */
export type Phase = 'market' | 'formation' | 'work' | 'review' | 'closing' | 'overhead'
export type Cost = 'messages-out' | 'messages-in' | 'bytes-out' | 'bytes-in' | 'signatures' | 'verifications'

/** Counts what coordination costs, by task (null: belongs to none) and phase. */
export interface Metrics {
  count(cost: Cost, amount: number, phase: Phase, task: string | null): void
}
