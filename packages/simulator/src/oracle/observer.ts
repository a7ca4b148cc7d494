import type { AgentKey, EndName, FaultCode, Frame, HaggleRecord, PayloadHash, RecordId, Slot } from '@haggle/protocol'

/** When something was seen: the world's time, and what the clocks of the agent said. All in milliseconds. */
export interface Moment {
  readonly at: number
  readonly wall: number
  readonly mono: number
}

/** One process: which agent of the Plan, and the how many-th process on which of its directories. */
export interface Who {
  readonly agent: number
  readonly key: AgentKey
  /** Counts the processes of the world; no two have the same. */
  readonly life: number
  /** The directory: a clone has one of its own. */
  readonly disk: number
}

/** One row that was given to a journal, read as far as it is of use to an onlooker. */
export type SeenRow = { readonly seq: number; readonly bytes: Uint8Array } & (
  | { readonly table: 'log'; readonly kind: 'record'; readonly record: HaggleRecord }
  /** A record of a contract of others. */
  | { readonly table: 'log'; readonly kind: 'evidence'; readonly record: HaggleRecord }
  /** Anything else that the agent must remember: `kind`, `at`, and what the kind needs. */
  | { readonly table: 'log'; readonly kind: 'entry'; readonly entry: Readonly<Record<string, unknown>> }
  /** What the application is told: `event`, `at`, and more; read when it is asked for. */
  | { readonly table: 'events'; readonly kind: 'event'; readonly event: () => Readonly<Record<string, unknown>> }
  | { readonly table: 'tax' | 'snapshot'; readonly kind: 'other' }
  /** A row that no reader understands. */
  | { readonly table: 'log'; readonly kind: 'unread' }
)

/** One step of what an engine wants done, as far as records are concerned: it waits until all that is kept before it is on disk. */
export interface SeenStep {
  readonly does: 'keeps' | 'says'
  readonly record: HaggleRecord
}

/** Bytes on their way from one process to another, or to everybody who listens to a topic. */
export interface SeenFrame {
  readonly from: Who
  readonly to: AgentKey
  readonly bytes: Uint8Array
  /** Null when the bytes are no frame. */
  readonly frame: Frame | null
  /** The genuine records in it, in order; shared between all who look. */
  readonly records: readonly HaggleRecord[]
}
/** One gossip message of a topic. */
export interface SeenGossip {
  readonly topic: string
  readonly bytes: Uint8Array
  /** Undefined when form or signature are wrong. */
  readonly record: HaggleRecord | undefined
}

/** An agent of the world, as the Plan has it. */
export interface CastMember {
  readonly agent: number
  readonly key: AgentKey
  /** It runs the product: whatever it does, it may not break a rule. */
  readonly correct: boolean
  /** It is healed after the safety phase. */
  readonly core: boolean
  /** Bounds the error of its clock, and how much a step of it may move: ε of its profile, milliseconds. */
  readonly epsilonMs: number
  /** No fault of the Plan touches its clock, and it runs within ε. */
  readonly clockHolds: boolean
  /** A fault of the Plan takes rows away that were durable, or runs its key twice. */
  readonly forgets: boolean
}

/** What the oracle is told before anything happens. */
export interface Cast {
  readonly seed: string
  readonly members: readonly CastMember[]
  /** Nothing of the Plan cuts, slows or breaks a link: what is sent comes. */
  readonly calm: boolean
  /** Nothing cuts or breaks a link, and what is sent comes, after about the same time everywhere, however long. */
  readonly even: boolean
}

/** What the task file of an agent proves of one contract. */
export interface ShownContract {
  readonly agent: number
  readonly contract: RecordId
  /** Null: it is open. */
  readonly end: EndName | null
  readonly party: AgentKey | null
  readonly fault: FaultCode | null
}

/** A fault as a judge finds it in everything that was signed. */
export interface ProvenFault {
  readonly id: RecordId
  readonly contract: RecordId
  readonly party: AgentKey
  readonly fault: FaultCode
  readonly grade: 'self-proving' | 'witnessed' | 'alleged'
  readonly slash: number
  readonly milestone: number | null
}

/** A certificate as a judge sees it. */
export interface ProvenCertificate {
  readonly contract: RecordId
  readonly slot: Slot
  readonly verdict: 'timely' | 'late' | 'absent'
  readonly votes: readonly RecordId[]
}

/** What everything proves that anybody signed, taken together. */
export interface Proven {
  readonly records: readonly HaggleRecord[]
  /** By the judge. */
  readonly faults: readonly ProvenFault[]
  /** As scores count them: faults that cost something, what is still at stake, and who signed two histories. */
  readonly booked: readonly (Pick<ProvenFault, 'id' | 'party' | 'fault' | 'slash'> & {
    readonly contract: RecordId
    readonly stake: number
  })[]
  readonly pledges: readonly { readonly party: AgentKey; readonly contract: RecordId; readonly stake: number }[]
  readonly corrupt: readonly AgentKey[]
  /** Work that one agent approved of another, by the stake in it. */
  readonly credits: readonly { readonly from: AgentKey; readonly to: AgentKey; readonly amount: number }[]
  /** What an agent that trusts nobody but itself would entrust to another. */
  readonly capacity: (viewer: AgentKey, agent: AgentKey) => number
  /** What the judge takes for certified. */
  readonly certificates: readonly ProvenCertificate[]
  /** Of the same facts, read in several orders. */
  readonly digests: readonly string[]
}

/** What stands at the end. */
export interface WorldEnd {
  /** The world's time, milliseconds. */
  readonly at: number
  /** What a wall clock says then that is right. */
  readonly wall: number
  /** Until when the core had to end everything; null: the run was stopped before. */
  readonly livenessUntil: number | null
  /** The last thing that ever went wrong for the core. */
  readonly healedAt: number
  /** Leftovers of processes that should hold none, in words. */
  readonly leaks: readonly string[]
  /** Probes between pairs of the core that came to no settlement: requester and worker. */
  readonly failedProbes: readonly {
    readonly requester: number
    readonly worker: number
    readonly task: RecordId | null
  }[]
  /** What the files of the core prove; null: nobody looked. */
  readonly files: readonly ShownContract[] | null
  /** Null: nobody looked. */
  readonly proven: Proven | null
}

/** A broken promise: which one, what happened in words, and the records that prove it. */
export interface Finding {
  readonly invariant: string
  readonly text: string
  readonly proof: readonly HaggleRecord[]
  /** The world's time, milliseconds. */
  readonly at: number
}

/**
 * Everything that an onlooker who sees all can see. It is called at the moment itself and gives nothing back: looking changes
 * nothing. Every part is optional.
 */
export interface Observer {
  /** A process begins, before it reads its log. */
  started?(who: Who, now: Moment): void
  /** `halt`: it stopped itself. After a `crash` nothing of it is seen any more. */
  ended?(who: Who, now: Moment, how: 'crash' | 'stop' | 'halt'): void
  /** What one call of the engine wants done, in order; nothing of it has happened yet. */
  decided?(who: Who, now: Moment, steps: readonly SeenStep[]): void
  /** Rows were given to the journal, in order; they may still be lost. */
  committed?(who: Who, now: Moment, rows: readonly SeenRow[]): void
  /** All rows of each table below these are on disk. */
  synced?(who: Who, now: Moment, next: Readonly<Record<string, number>>): void
  /** A directory as it stands when it is opened again: all rows of each table below these are still there, and no other. */
  survived?(disk: number, now: Moment, next: Readonly<Record<string, number>>): void
  /** A directory begins as a copy of another, with the rows below these. */
  copied?(from: number, to: number, next: Readonly<Record<string, number>>): void
  /** A frame leaves a process; whether it arrives is another matter. */
  sent?(frame: SeenFrame, now: Moment): void
  /** A frame is put before a process. */
  received?(frame: SeenFrame, to: Who, now: Moment): void
  /** A payload is in the directory of a process, wherever it came from. */
  held?(who: Who, now: Moment, hash: PayloadHash): void
  /** A process has noticed that its connection with a peer is over: what waits for it to go out does not go out any more. */
  parted?(who: Who, peer: AgentKey, now: Moment): void
  /** A process publishes; passing on is not told. */
  published?(from: Who, gossip: SeenGossip, now: Moment): void
  /** A gossip message is put before a process: `from` is who passed it on. */
  heard?(to: Who, from: AgentKey, gossip: SeenGossip, now: Moment): void
  /** The engine asks its application; the content is the product's, so only its kind and the contract or task are told. */
  requested?(who: Who, now: Moment, kind: string, subject: RecordId): void
  /** The application gives a command; `refusal` is null when it was carried out. */
  commanded?(who: Who, now: Moment, kind: string, refusal: string | null): void
  /** A plan's fault takes effect, or ends. */
  fault?(now: number, name: string, agent: number | null): void
}

/** One promise that is watched over. */
export interface Invariant extends Observer {
  /** As design and reports name it: S5, L3. */
  readonly id: string
  /** Called once, before anything happens. */
  begin(cast: Cast, report: (finding: Omit<Finding, 'invariant'>) => void): void
  /** Called once at the end, for what only the end shows. */
  finish?(end: WorldEnd): void
}
