import { z } from 'zod'

/** What an actor is started with, as JSON in its one argument. */
export const actorSpec = z.object({
  name: z.string(),
  network: z.string(),
  /** Where agents keep their directories. */
  home: z.string(),
  /** Where the requesters' files lie and the task files go. */
  files: z.string(),
  /** Multiaddrs of those who are there already. */
  peers: z.array(z.string()),
  without: z.array(z.string()),
  /** How many agents witness, this one among them. */
  witnesses: z.number(),
  /** The file that names whom it trusts; null: nobody but itself. */
  genesis: z.string().nullable(),
})
export type ActorSpec = z.infer<typeof actorSpec>

const scoredBid = z.looseObject({ worker: z.string(), price: z.number(), quality: z.number(), score: z.number() })

/** An event as `haggle events --json` prints it; the fields that the story reads. */
const toldEvent = z.looseObject({
  event: z.string(),
  task: z.string().optional(),
  generation: z.number().optional(),
  peer: z.string().optional(),
  price: z.number().optional(),
  why: z.array(scoredBid).optional(),
  size: z.number().optional(),
  reason: z.string().optional(),
  note: z.string().nullable().optional(),
  fraction: z.number().optional(),
  end: z.string().nullable().optional(),
  party: z.string().nullable().optional(),
  fault: z.string().nullable().optional(),
  amount: z.number().optional(),
})
export type ToldEvent = z.infer<typeof toldEvent>
export type ScoredBidView = z.infer<typeof scoredBid>

const standing = z.object({ worker: z.string(), settled: z.number(), faults: z.number(), quality: z.number() })
export type Standing = z.infer<typeof standing>

const costs = z.object({
  messagesOut: z.number(),
  bytesOut: z.number(),
  signatures: z.number(),
  verifications: z.number(),
  cpuMs: z.number(),
  waitMs: z.number(),
})
/** What one task cost one agent, as `haggle tax --json` prints it; the fields that the bill reads. */
export const taxReport = z.object({
  task: z.string().nullable(),
  part: z.string().nullable(),
  phases: z.record(z.string(), costs),
})
export type TaxReport = z.infer<typeof taxReport>

/** One line of an actor's stdout. */
export const actorMessage = z.discriminatedUnion('say', [
  /** One for each key; `agent` is the actor, but for one that runs several. */
  z.object({ say: z.literal('ready'), agent: z.string(), peerId: z.string(), addresses: z.array(z.string()) }),
  /** It has heard of everybody who could sit on a panel. */
  z.object({ say: z.literal('met') }),
  /** `errand` is null for events of workers, who know the task by its id alone. */
  z.object({ say: z.literal('event'), errand: z.string().nullable(), event: toldEvent }),
  z.object({ say: z.literal('result'), errand: z.string(), gist: z.string() }),
  z.object({ say: z.literal('unsettled'), errand: z.string(), code: z.string() }),
  z.object({ say: z.literal('file'), errand: z.string(), path: z.string() }),
  z.object({ say: z.literal('done'), standings: z.array(standing) }),
  /** The ring has praised itself enough. */
  z.object({ say: z.literal('praised') }),
  /** What the auditor has been given. */
  z.object({ say: z.literal('evidence'), records: z.number(), contracts: z.number(), digest: z.string() }),
  /** The last word of whoever leaves in order. */
  z.object({ say: z.literal('tax'), tasks: z.array(taxReport) }),
])
export type ActorMessage = z.infer<typeof actorMessage>

/** Tells the parent one thing. */
export function say(message: ActorMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
