import type { Acceptance, Milestone, RecordId } from '@haggle/protocol'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Credits, Duration, Json, Result } from './payload-types.ts'

/** What fills the timers of an offer: see design of the profiles in `docs/spec/time.md`. */
export type ProfileName = 'lan' | 'wan' | 'human' | 'test'

/** What a job may say beside its skill and input. Spans as `Duration`, amounts in credits. */
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
  /**
   * What the result must be, as a Standard Schema over its JSON value. Where its library gives a JSON Schema that the
   * acceptance language can say, it becomes the acceptance, which anybody can check; else this process reviews with it.
   * Not beside `accept`.
   */
  readonly output?: StandardSchemaV1
  /** Deliveries after a rejection; default 0. */
  readonly revisions?: number
  /** Witnesses on the panel at most, 0 to 10; default as many as those at hand suggest. */
  readonly panel?: number
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
/** What a review says of a result: a rejection may say why, up to 256 bytes. */
export type ReviewAnswer = 'approve' | 'reject' | { readonly reject: string }
/** Looks at a delivered result. What it throws counts as no answer. */
export type Review = (result: Result) => ReviewAnswer | Promise<ReviewAnswer>
/** A review that was stored with its job: who can answer it does, who cannot returns undefined. */
export type Reviewer = (review: StoredReview) => Promise<ReviewAnswer | undefined>
/** A delivered result whose job named a stored review. */
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

/** Every code that `Job.settled` rejects with; see `docs/errors.md`. */
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
/** One of `hireErrorCodes`. */
export type HireErrorCode = (typeof hireErrorCodes)[number]
