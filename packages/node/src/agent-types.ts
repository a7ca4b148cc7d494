import type { AllegedFault, ClockDoubt, EngineEvent, RefusalCode } from '@haggle/core'
import type {
  Acceptance,
  AgentKey,
  DurationMs,
  HaggleRecord,
  Milestone,
  MicroCredits,
  Outcome,
  PayloadHash,
  RecordId,
  Terms,
  Timestamp,
} from '@haggle/protocol'
import type { Blobs, Clock, Entropy, Journal, Logger, Network, ResultCheck, Signer, Verify } from '@haggle/ports'
import type { ContractView, Engine, Identity, TaskView } from '@haggle/core'
import type { TaskTax, TaxCounter } from './tax.ts'

/** Milliseconds, or a text such as `500ms`, `30s`, `10m`, `1h`. */
export type Duration = DurationMs | string
/** Credits as people write them: decimal, at most six digits after the point. */
export type Credits = number
/** What fills the timers of an offer: see design of the profiles in `docs/spec/time.md`. */
export type ProfileName = 'lan' | 'wan' | 'human' | 'test'

/** Every part an agent is made of. Package `haggle` wires the real ones. */
export interface AgentComponents {
  readonly createEngine: (init: Identity) => Engine
  readonly network: Network
  readonly journal: Journal
  readonly blobs: Blobs
  readonly clock: Clock
  readonly entropy: Entropy
  readonly signer: Signer
  readonly verify: Verify
  readonly resultCheck: ResultCheck
  readonly logger?: Logger
  /** Counts the tax; default: a counter of its own that counts no CPU time. */
  readonly metrics?: TaxCounter
}

export interface AgentInit {
  /** The agent's name on this machine; it is not announced. */
  readonly name: string
  /** Network name: peers of another name are not met. */
  readonly network?: string
  readonly profile?: ProfileName
  /** Whose tasks the agent works on; without it, anybody's. */
  readonly allow?: readonly AgentKey[]
  /** Closes the agent without draining when it aborts. */
  readonly signal?: AbortSignal
  /** Answers reviews that no callback of this process answers; see `Agent.setReviewer`. */
  readonly reviewer?: Reviewer
  /** Called once when the agent can go on no longer; it has stopped sending by then. */
  readonly onHalt?: (cause: Error) => void
}

/** One agent: a key that signs, on one network, over one journal. */
export interface Agent {
  readonly name: string
  readonly key: AgentKey
  /** `key` as people see it. */
  readonly peerId: string
  readonly network: string
  /** Multiaddrs at which others reach this agent. */
  addresses(): readonly string[]
  /** Connects to a peer now. */
  dial(multiaddr: string, signal?: AbortSignal): Promise<void>

  /** Serves a skill: bids for its offers and runs `handler` for each contract. Throws `serve/taken` for a skill already served. */
  serve(skill: string, handler: TaskHandler): Service
  serve(skill: string, options: ServeOptions, handler: TaskHandler): Service

  /** Offers a task; resolves when the job is on disk. The same `key` is the same job, over restarts. */
  hire(skill: string, input: PayloadSource, terms?: HireTerms): Promise<Job>
  /** A job by the key given to `hire`. */
  job(key: string): Job | undefined
  jobs(): readonly Job[]
  /** Cancels by job key, or by any unique suffix of a task or contract id. */
  cancel(id: string, reason?: string): Promise<void>

  peers(): readonly PeerStatus[]
  /** What live adverts of others offer, one row for each agent and skill. */
  skills(): readonly SkillStatus[]
  contracts(): readonly ContractView[]
  /** By job key (its newest contract) or by any unique suffix of a contract or task id. Throws `contract/ambiguous`. */
  contract(id: string): ContractView | undefined
  tasks(): readonly TaskView[]
  /** The delivered result of a contract of ours; throws `contract/unknown`, `contract/no-result` or `blob/missing`. */
  result(id: string): Promise<Payload>
  /** Records of the whole task, all generations, in the order of a task file. `id` as for `contract`. */
  taskRecords(id: string): readonly HaggleRecord[]

  /**
   * What coordination cost this agent: by task, and what belongs to none. With `id`, as for `contract` or any unique suffix of
   * the id of a task that was only heard of, of that task alone. Throws `task/unknown` or `contract/ambiguous`.
   */
  tax(id?: string): Promise<readonly TaskTax[]>

  /** Stored events from `from` (a seq) on, then, with `follow`, those that come. */
  events(options?: EventOptions): AsyncIterable<AgentEvent>
  status(): AgentStatus
  /** Who answers reviews whose job was made with a memo that this process holds no callback for. */
  setReviewer(reviewer: Reviewer | undefined): void

  /** Stops bidding, finishes running work within `drain`, withdraws from the rest, leaves. Idempotent. */
  close(options?: CloseOptions): Promise<void>
  /** Resolves when the agent has stopped, with the error that stopped it, if one did. */
  readonly closed: Promise<Error | undefined>
  [Symbol.asyncDispose](): Promise<void>
}

export interface CloseOptions {
  /** How long running work may take to finish; default 0: withdraw at once. */
  readonly drain?: Duration
  readonly reason?: string
}
export interface EventOptions {
  readonly from?: number
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

// ---- serving ----

export type TaskHandler = (task: Task) => TaskResult | Promise<TaskResult>
/** What a handler returns: text, bytes, a stream of bytes, or any other value as JSON. */
export type TaskResult = PayloadSource | TypedResult
/** A result with its media type. */
export interface TypedResult {
  readonly payload: PayloadSource
  readonly mediaType: string | null
}
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export type PayloadSource = Json | Uint8Array | AsyncIterable<Uint8Array>

export interface ServeOptions {
  /** Tasks worked on at the same time; default 1. All skills of an agent share the sum. */
  readonly slots?: number
  /** Asked for every fitting offer; null declines, which is free, always. Default: the fixed `price`. */
  readonly quote?: (offer: OfferToQuote) => Quote | null | Promise<Quote | null>
  /** Price of the default quote; default 1 credit. */
  readonly price?: Credits
  readonly version?: number
  readonly note?: string | null
  /** Largest result accepted from the handler, bytes; default 256 MiB. */
  readonly maxResult?: number
}
export interface OfferToQuote {
  readonly task: RecordId
  readonly skill: string
  readonly generation: number
  readonly requester: AgentKey
  readonly size: number
  readonly mediaType: string | null
  readonly value: Credits
  readonly mode: 'claim' | 'auction'
  readonly terms: Terms
}
export interface Quote {
  readonly price: Credits
  /** How long the work will take; default: half of the working time. */
  readonly eta?: Duration
  /** A lease longer than the offer's default, within its bound. */
  readonly lease?: Duration
}

/** One milestone of one contract, as the handler sees it. Handlers run at least once: use `key`. */
export interface Task extends Payload {
  readonly id: RecordId
  readonly contract: RecordId
  readonly skill: string
  readonly requester: AgentKey
  /** The same for every attempt at this task: for idempotency at the handler's side. */
  readonly key: string
  /** The generation: 1 for the first award of the task. */
  readonly attempt: number
  readonly milestone: number
  /** 0, then one more after each rejection. */
  readonly revision: number
  readonly price: Credits
  /** Wall time by which the result is due. */
  readonly deadline: Timestamp
  /** Milliseconds until the deadline. */
  remaining(): DurationMs
  /** Aborts when the work is of no use any more: fenced, cancelled, overdue, ended, closing. */
  readonly signal: AbortSignal
  readonly terms: Terms
  /** Tells local listeners; nothing is sent. */
  progress(fraction: number, note?: string): void
  /** Gives the task back: throw what this returns. */
  withdraw(reason: string): Error
}
export interface Service {
  readonly skill: string
  /** Resolves when the skill is announced; rejects when the agent cannot. */
  readonly ready: Promise<void>
  /** Contracts at work now. */
  running(): number
  /** Bids no more for this skill; running work goes on. */
  stop(): Promise<void>
}

// ---- hiring ----

export interface HireTerms {
  readonly key?: string
  /** Everything is over by then; default 60 s from now. */
  readonly deadline?: Duration
  /** How long the offer stays open without a bid that fits; default 10 s, never past the deadline. */
  readonly wait?: Duration
  /** Awards of this task at most; default 3. */
  readonly attempts?: number
  readonly lease?: Duration
  /** The most this task is worth; default 10 credits. */
  readonly budget?: Credits
  /** The worker's stake; default a tenth of the budget, at most 2 credits. */
  readonly stake?: Credits
  readonly mode?: 'auction' | 'claim'
  readonly sealed?: boolean
  /** Length of the bid window; default the profile's. */
  readonly bids?: Duration
  readonly maxBids?: number
  /** A bid at or under this is awarded at once. */
  readonly ask?: Credits
  /** How the result is judged; default by the requester. */
  readonly accept?: Acceptance
  /** Deliveries after a rejection; default 0. */
  readonly revisions?: number
  /** Least quality of a bidder, permille. */
  readonly minQuality?: number | null
  readonly mediaType?: string | null
  readonly profile?: ProfileName
  readonly parent?: RecordId | null
  /** Milestones other than the one that the deadline gives. */
  readonly milestones?: readonly Milestone[]
  /** Looks at each result that `accept` leaves to the requester. Without it: approved on receipt. */
  readonly review?: Review
  /** Review by a stored command, for `setReviewer` of whatever process finishes the job. */
  readonly reviewCommand?: string
  /** The caller's own fields, stored with the job. */
  readonly memo?: Readonly<Record<string, Json>>
}
export type ReviewAnswer = 'approve' | 'reject' | { readonly reject: string }
export type Review = (result: Result) => ReviewAnswer | Promise<ReviewAnswer>
/** A review that was stored with its job: who can answer it does, who cannot returns undefined. */
export type Reviewer = (review: StoredReview) => Promise<ReviewAnswer | undefined>
export interface StoredReview {
  readonly memo: JobMemo
  readonly key: string
  readonly result: Result
  readonly signal: AbortSignal
}
/** What a job's memo holds: how it is reviewed and the caller's own fields. */
export interface JobMemo {
  readonly review: 'receipt' | 'callback' | { readonly cmd: string }
  readonly app: Readonly<Record<string, Json>>
}

export interface Job {
  readonly key: string
  readonly task: RecordId
  readonly skill: string
  readonly memo: JobMemo
  state(): JobState
  /** From the first event each time, replayed from the store; ends with the job. */
  events(signal?: AbortSignal): AsyncIterable<AgentEvent>
  /** The approved result; rejects with a `HaggleError` whose code begins with `hire/`, see docs/errors.md. */
  settled(signal?: AbortSignal): Promise<Result>
  /** Withdraws the offer while nobody holds it; afterwards asks the worker to stop. */
  cancel(reason?: string): Promise<void>
  /** True when both sides hold each other's closing of the newest contract; false when the limit passed before. */
  acknowledged(limit: Duration): Promise<boolean>
  /** Records of the task, all generations, in the order of a task file. */
  records(): readonly HaggleRecord[]
  contracts(): readonly ContractView[]
}
/** How far a job is; `code` is the error that `settled` rejects with. */
export type JobState =
  | { readonly kind: 'open' }
  | { readonly kind: 'running'; readonly contract: RecordId }
  | { readonly kind: 'settled'; readonly contract: RecordId }
  | { readonly kind: 'ended'; readonly code: HireErrorCode; readonly contract: RecordId | null }

export interface Payload {
  readonly size: number
  readonly hash: PayloadHash
  readonly mediaType: string | null
  text(): Promise<string>
  json(): Promise<unknown>
  bytes(): Promise<Uint8Array>
  stream(offset?: number): AsyncIterable<Uint8Array>
  /** The spooled file, for a child process that reads it; null for a payload so small that it has none. */
  path(): Promise<string | null>
}
export interface Result extends Payload {
  readonly contract: RecordId
  readonly task: RecordId
  readonly worker: AgentKey
  readonly price: Credits
  readonly generation: number
}

export const hireErrorCodes = [
  'hire/no-bids',
  'hire/too-dear',
  'hire/no-peers',
  'hire/deadline',
  'hire/attempts',
  'hire/rejected',
  'hire/task-failed',
  'hire/cancelled',
  'hire/undecided',
  'hire/overtaken',
] as const
export type HireErrorCode = (typeof hireErrorCodes)[number]

// ---- looking ----

export interface PeerStatus {
  readonly key: AgentKey
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly clockSkewMs: DurationMs
  readonly rttMs: DurationMs
  readonly skills: readonly string[]
  readonly settled: number
  readonly faults: number
  /** Permille, in this agent's own view. */
  readonly quality: number
}
export interface SkillStatus {
  readonly skill: string
  readonly version: number
  readonly note: string | null
  readonly price: MicroCredits | null
  readonly agent: AgentKey
  readonly peerId: string
  readonly slots: number
  readonly free: number
  readonly quality: number
}
export interface AgentStatus {
  readonly name: string
  readonly peerId: string
  readonly network: string
  readonly networkId: string
  readonly addresses: readonly string[]
  readonly peers: number
  readonly serving: readonly string[]
  readonly tasksOpen: number
  readonly contractsLive: number
  readonly contractsEnded: number
  /** Inputs that wait for their turn. */
  readonly waiting: number
  readonly startedAt: Timestamp
  /** What speaks against this machine's wall clock; while anything does, no timeout is signed. */
  readonly clock: ClockDoubt | null
  readonly halted: string | null
}

/** What node itself tells, beside the engine's events. `docs/events.md` lists all. */
export type NodeEvent =
  | { readonly event: 'ready'; readonly at: Timestamp; readonly peerId: string; readonly addresses: readonly string[] }
  | {
      readonly event: 'peer'
      readonly at: Timestamp
      readonly peer: AgentKey
      readonly up: boolean
      readonly addresses: readonly string[]
    }
  | {
      readonly event: 'progress'
      readonly at: Timestamp
      readonly task: RecordId
      readonly contract: RecordId
      readonly fraction: number
      readonly note: string | null
    }
  | { readonly event: 'lagging'; readonly at: Timestamp; readonly blockedMs: DurationMs; readonly leaseMs: DurationMs }
  | { readonly event: 'stopping'; readonly at: Timestamp; readonly reason: string }
/** `seq` counts the stored events of this agent from 1; it is null for events that are told and not stored. */
export type AgentEvent = (EngineEvent | NodeEvent) & { readonly seq: number | null; readonly agent: AgentKey }

export type { AllegedFault, ContractView, Outcome, RefusalCode, TaskView }
