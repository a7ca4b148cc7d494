import type { AllegedFault, Answer, ClockDoubt, EngineEvent, EvidenceView, RefusalCode } from '@haggle/core'
import type { AgentKey, DurationMs, HaggleRecord, MicroCredits, Outcome, RecordId, Timestamp } from '@haggle/protocol'
import type { HireErrorCode, HireTerms, JobMemo, ProfileName, Reviewer } from './hire-types.ts'
import type { Credits, Duration, Payload, PayloadSource, Result } from './payload-types.ts'
import type {
  AnySchema,
  NoInput,
  ResultSource,
  SchemaHandler,
  SchemaServeOptions,
  Service,
  TaskHandler,
} from './service-types.ts'
import type { Blobs, Clock, Entropy, Journal, Logger, Network, ResultCheck, Signer, Verify } from '@haggle/ports'
import type { ContractView, Engine, Identity, Scores, TaskView } from '@haggle/core'
import type { Reputation, Why } from './reputation.ts'
import type { TaskTax, TaxCounter } from './tax.ts'

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

/** Who an agent is and whom it works for. */
export interface AgentInit {
  /** The agent's name on this machine; it is not announced. */
  readonly name: string
  /** Network name: peers of another name are not met. */
  readonly network?: string
  readonly profile?: ProfileName
  /** Whose tasks the agent works on; without it, anybody's. */
  readonly allow?: readonly AgentKey[]
  /** The most that it puts at risk in one contract that it works on, in credits; without it, what the network's limits allow. */
  readonly maxStake?: Credits
  /** The fewest witnesses on the panel of a contract that it works on, 0 to 10; default 0. */
  readonly minPanel?: number
  /** The least quality of a requester whose tasks it works on, permille, as this agent knows it; a stranger has 300. Default 0. */
  readonly minQuality?: number
  /** Whether it sits on panels for others, within a quota; default false. */
  readonly witness?: boolean
  /** The network's anchors, whose experience everybody counts beside their own; default none. */
  readonly anchors?: readonly AgentKey[]
  /** Entries of the log between two snapshots, at least; default 16,384. Fewer make a restart shorter and running dearer. */
  readonly snapshotEvery?: number
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
  /** With Standard Schemas: see `SchemaServeOptions`. */
  serve<In extends AnySchema = NoInput, Out extends AnySchema = ResultSource>(
    skill: string,
    options: SchemaServeOptions<In, Out>,
    handler: SchemaHandler<In, Out>,
  ): Service

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
  /** The sealed bytes of that result, where it went sealed; throws as `result` does. */
  sealed(id: string): Promise<Payload>
  /** Records of the whole task, all generations, in the order of a task file. `id` as for `contract`. */
  taskRecords(id: string): readonly HaggleRecord[]
  /**
   * The same for a task that left memory, from the log: none when that does not hold it. It reads the whole log, seconds of it
   * when that is long. Throws `contract/ambiguous`.
   */
  archived(id: string): Promise<readonly HaggleRecord[]>

  /**
   * What coordination cost this agent: by task, and what belongs to none. With `id`, as for `contract` or any unique suffix of
   * the id of a task that was only heard of, of that task alone. Throws `task/unknown` or `contract/ambiguous`.
   */
  tax(id?: string): Promise<readonly TaskTax[]>

  /**
   * Why a peer has the numbers that it has in this agent's eyes: every record behind each of them. `peer` is a PeerId, or any unique ending
   * of one that is known here; quality is told for `skill`, or over all. Throws `peer/unknown` or `peer/ambiguous`.
   */
  why(peer: string, skill?: string | null): Why
  /** Everybody's numbers now, in this agent's eyes. */
  scores(): Scores
  /** Everything that this agent holds as evidence. */
  evidence(): EvidenceView
  /** Takes in evidence from elsewhere, which spreads from here like any other. The record must have been verified. */
  takeEvidence(record: HaggleRecord): Promise<Answer>

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

/** How an agent leaves. */
export interface CloseOptions {
  /** How long running work may take to finish; default 0: withdraw at once. */
  readonly drain?: Duration
  readonly reason?: string
}
/** Which events: from which `seq` on (default: the first that is kept), and whether to wait for those that come. */
export interface EventOptions {
  readonly from?: number
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

/** A task of ours and how far it is, over all its generations and restarts. */
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

// ---- looking ----

/** A connected peer, and what this agent knows of it from its own contracts. Clock skew is theirs less ours. */
export interface PeerStatus {
  readonly key: AgentKey
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly clockSkewMs: DurationMs
  readonly rttMs: DurationMs
  readonly skills: readonly string[]
  /** Whether it sits on panels for others. */
  readonly witness: boolean
  readonly settled: number
  readonly faults: number
  /** Permille, in this agent's own view. */
  readonly quality: number
}
/** One skill of one agent, as its live advert names it; `quality` in permille, in this agent’s own view. */
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
/** What an agent is and does now; `halted` says what stopped it for good, if something did. */
export interface AgentStatus {
  readonly name: string
  readonly peerId: string
  readonly network: string
  readonly networkId: string
  /** How many anchors of the network it trusts. */
  readonly anchors: number
  /** Whether it sits on panels for others. */
  readonly witness: boolean
  /** Its own numbers, by the evidence that it holds. */
  readonly reputation: Reputation
  /** Records of evidence that it holds, and the digest of them, which is equal for equal sets. */
  readonly evidence: { readonly records: number; readonly digest: string }
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
      readonly generation: number
      /** The other party. */
      readonly peer: AgentKey
      readonly role: 'requester' | 'worker'
      readonly fraction: number
      readonly note: string | null
    }
  | { readonly event: 'lagging'; readonly at: Timestamp; readonly blockedMs: DurationMs; readonly leaseMs: DurationMs }
  | { readonly event: 'stopping'; readonly at: Timestamp; readonly reason: string }
/** `seq` counts the stored events of this agent from 1; it is null for events that are told and not stored. */
export type AgentEvent = (EngineEvent | NodeEvent) & { readonly seq: number | null; readonly agent: AgentKey }

export type { AllegedFault, ContractView, Outcome, RefusalCode, TaskView }
