import type { AgentKey, DurationMs, RecordId, Terms, Timestamp } from '@haggle/protocol'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { HireTerms } from './hire-types.ts'
import type { Credits, Duration, Payload, PayloadSource, Result } from './payload-types.ts'

/** Does one task. Thrown `TaskFailed` is the task's own failure; anything else thrown gives the task back, to be tried elsewhere. */
export type TaskHandler = (task: Task) => TaskResult | Promise<TaskResult>
/** What a handler returns: text, bytes, a stream of bytes, or any other value as JSON. */
export type TaskResult = PayloadSource | TypedResult
/** A result with its media type. */
export interface TypedResult {
  readonly payload: PayloadSource
  readonly mediaType: string | null
}
/** How a skill is served. Prices in credits, sizes in bytes. */
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
/** What a quote is asked about: an offer of somebody else, before anything binds. Value in credits, size in bytes. */
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
/** What we would do an offered task for. */
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
  /**
   * Says how far the work is, 0 to 1: to local listeners at once, to the requester at most once a second and only the newest.
   * `note` is cut to 256 bytes. Binds nobody.
   */
  progress(fraction: number, note?: string): void
  /**
   * Has a part of this task done by another agent, and waits for its result. The job is a child of this task: it is worth at
   * most what is left of the price, and over G + 2δ before this task's due. The same skill and input again (or the same
   * `key`), also in a later run of this handler, is the same job, unless that one came to nothing. It is cancelled when this task is of no
   * use any more. Rejects as `Job.settled` does, with `task/no-time` or `task/no-budget` when nothing is left, and with the
   * reason of `signal` when that aborts.
   */
  hire(skill: string, input: PayloadSource, terms?: SubHireTerms): Promise<Result>
  /** Gives the task back: throw what this returns. */
  withdraw(reason: string): Error
}
/** A skill that this agent serves. */
export interface Service {
  readonly skill: string
  /** Resolves when the skill is announced; rejects when the agent cannot. */
  readonly ready: Promise<void>
  /** Contracts at work now. */
  running(): number
  /** Bids no more for this skill; running work goes on. */
  stop(): Promise<void>
}

/** Terms of a part of a task: `budget` and `deadline` are bounded by what the task leaves, `key` is unique within the task. */
export type SubHireTerms = Omit<HireTerms, 'parent'>

// ---- Standard Schemas ----

/** A schema of any library that speaks Standard Schema: zod, valibot, arktype and others. */
export type AnySchema = StandardSchemaV1
/** Stands for "no input schema": the task then has no `input`. */
export type NoInput = StandardSchemaV1<unknown, undefined>
/** Stands for "no output schema": whatever a plain handler may return. */
export type ResultSource = StandardSchemaV1<TaskResult, unknown>

/** A task whose input was read and let through by the schema of its skill. */
export interface SchemaTask<In extends AnySchema> extends Task {
  /** What the input schema made of the input: of its JSON value where it is declared as JSON, else of its text. */
  readonly input: StandardSchemaV1.InferOutput<In>
}
/** Serves with schemas: takes a checked input, and returns what the output schema takes. */
export type SchemaHandler<In extends AnySchema, Out extends AnySchema> = (
  task: SchemaTask<In>,
) => StandardSchemaV1.InferInput<Out> | Promise<StandardSchemaV1.InferInput<Out>>
/**
 * A skill with Standard Schemas. An input that its schema refuses ends in FAILED with the code `input`, before the handler
 * runs; a result that its schema refuses is not delivered: the task is given back. What the output schema made of the result
 * is delivered as JSON.
 */
export interface SchemaServeOptions<
  In extends AnySchema = AnySchema,
  Out extends AnySchema = AnySchema,
> extends ServeOptions {
  readonly input?: In
  readonly output?: Out
  /** JSON Schema of the input, for the note of the advert, where the library of `input` cannot give it itself. */
  readonly inputJsonSchema?: JsonSchema
}
/** A JSON Schema as an object, as libraries give it. */
export type JsonSchema = Readonly<Record<string, unknown>>
