import { limits } from '../limits.ts'
import { agentText, payloadText, recordText } from '../text-form.ts'
import { bool, bytes, hexBytes, int, list, nullable, struct, text, union, word, type Infer } from '../schema.ts'
import type { AgentKey, PayloadHash, RecordId } from '../units.ts'

export const recordId = hexBytes<RecordId>(32, recordText)
export const payloadHash = hexBytes<PayloadHash>(32, payloadText)
export const agentKey = hexBytes<AgentKey>(32, agentText)
export const timestamp = int()
export const duration = int(366 * 24 * 3_600_000)
export const amount = int()
export const permille = int(1_000)
export const generation = int(limits.generations, 1)
export const milestoneIndex = int(limits.milestones - 1)
export const chainSeq = int()

/** Names of skills and agents: what a shell, a file name and a topic all accept. */
export const name = text(63, /^[a-z0-9][a-z0-9._-]{0,62}$/)
/** A short machine-readable reason. */
export const code = text(64, /^[a-z0-9][a-z0-9._/-]*$/)

/** How a result is judged: by its hash, by a closed JSON-Schema language, by the requester, or by a jury. */
export const acceptance = union<{
  hash: { readonly hash: PayloadHash }
  schema: { readonly schema: string }
  requester: object
  jury: { readonly size: number }
}>({
  hash: struct({ hash: payloadHash }),
  schema: struct({ schema: text(8_192) }),
  requester: struct({}),
  jury: struct({ size: int(15, 3) }),
})
export type Acceptance = Infer<typeof acceptance>

/** One part of the work: its span in milliseconds, its share of the price in permille, and how its result is judged. */
export const milestone = struct({ name, durationMs: duration, valuePermille: permille, acceptance })
export type Milestone = Infer<typeof milestone>

/** Every window of a contract: terms of the offer, which a profile only fills with defaults. */
export const timers = struct({
  bidWindowMs: duration,
  claimWindowMs: duration,
  acceptMs: duration,
  leaseMs: duration,
  leaseMaxMs: duration,
  reviewMinMs: duration,
  epsilonMs: duration,
  deltaMs: duration,
  rateBytesPerSecond: int(Number.MAX_SAFE_INTEGER, 1),
})
export type Timers = Infer<typeof timers>

/** What the task is about: the hash and size in bytes of its payload, and what anybody may see of it beforehand. */
export const input = struct({
  hash: payloadHash,
  size: int(limits.blobBytes),
  mediaType: nullable(text(128)),
  preview: nullable(bytes(256)),
  public: nullable(bytes(limits.inlineBytes)),
})
export type TaskInput = Infer<typeof input>

/** What both sides sign: stands whole in the offer and again in every award. */
export const terms = struct({
  skill: name,
  input,
  milestones: list(milestone, limits.milestones, 1),
  endBy: timestamp,
  stakeWorker: amount,
  stakeRequester: amount,
  timers,
  revisions: int(16),
  attempts: int(limits.generations, 1),
  panelSize: int(limits.panel),
  witnessSet: nullable(recordId),
  jury: nullable(int(15, 3)),
  dependsOn: list(recordId, 16),
  parent: nullable(recordId),
})
export type Terms = Infer<typeof terms>

export const chainLink = { chainSeq, chainPrev: nullable(recordId) } as const
/** Why a task goes to its next generation. */
export const reopenReason = word('declined', 'lapsed', 'withdrawn', 'ended', 'certificate', 'judgement')
export type ReopenReason = Infer<typeof reopenReason>
export const flag = bool
