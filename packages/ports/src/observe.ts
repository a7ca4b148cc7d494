/** Fields of a log line: plain values, so that any logger can write them. */
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
/** What is counted for each task and phase; bytes are those of records, frames and inline payloads. */
export type Cost =
  | 'messages-out'
  | 'messages-in'
  | 'bytes-out'
  | 'bytes-in'
  | 'signatures'
  /** Signature checks that were done. */
  | 'verifications'
  /** Those among them that were for a record never seen here before, and genuine. */
  | 'verifications-needed'
  /** Microseconds of this process. */
  | 'cpu-us'
  /** Milliseconds between one step of a contract and the next, in which this agent had nothing of it but to wait. */
  | 'wait-ms'
  /** Bytes of all sockets of the transport: they belong to no task. */
  | 'socket-out'
  | 'socket-in'
/** What an agent is to a task; whoever only hears of it is a bystander. */
export type Part = 'bystander' | 'bidder' | 'worker' | 'requester'
/** What a running agent counts beside the tax, for those who watch it. */
export type Tally = 'inbox-drops' | 'quota-refusals' | 'board-refusals' | 'peers-let-go'

/** Counts what coordination costs, by task (null: belongs to none) and phase. */
export interface Metrics {
  count(cost: Cost, amount: number, phase: Phase, task: string | null): void
  /** This agent takes part in a task; the greatest part counts. */
  part(task: string, part: Part): void
  /** A turn is over: the CPU time since the one before belongs to what was counted in between. */
  turn(): void
  /** Counts one event; `peer` where it is about one. */
  tally(name: Tally, peer?: string): void
}

/** CPU time of this process: of all its threads, and of none of its children. */
export interface CpuTime {
  /** Microseconds since it started. */
  usedUs(): number
}
