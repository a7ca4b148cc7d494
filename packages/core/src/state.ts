import type {
  Reject,
  AgentKey,
  HaggleRecord,
  Instant,
  MicroCredits,
  Outcome,
  PayloadHash,
  RecordId,
  Timestamp,
} from '@haggle/protocol'
import type { ClockWatch } from './clock-watch.ts'
import type { Job, OfferedSkill } from './command.ts'
import type { Contract } from './contract/contract.ts'
import type { CheckWord } from './contract/ends.ts'
import type { Ledger } from './evidence/ledger.ts'
import type { ReconcileSessions } from './evidence/sessions.ts'
import type { Now } from './input.ts'
import type { AllegedFault, ClosedAs } from './log-entry.ts'
import type { Board } from './market/board.ts'
import type { Silence } from './market/silence.ts'
import type { Book } from './score/book.ts'
import type { KeptVotes } from './witness/kept-votes.ts'
import type { Span } from './witness/presence.ts'
import type { Watch } from './witness/watch.ts'
import type { SlotId } from './witness/slot.ts'

/** One contract as this agent holds it: the file's fold, and beside it what only this agent knows. */
export interface Deal {
  contract: Contract
  readonly id: RecordId
  readonly task: RecordId
  readonly generation: number
  readonly role: 'requester' | 'worker'
  readonly peer: AgentKey
  readonly skill: string
  /** Everything of this contract in the order in which we came to hold it: answers a duplicate, and the tip exchange. */
  readonly held: Map<RecordId, HaggleRecord>
  readonly closings: HaggleRecord<'closing'>[]
  readonly alleged: { readonly party: AgentKey; readonly fault: AllegedFault }[]
  lapsed: boolean
  /** Worker: what the check of a finally rejected delivery says when it is run again; null: not run. */
  rechecked: CheckWord | null
  /** The epoch whose newcomer budget carries the worker's stake; null when it had a record with us already. */
  newcomerEpoch: number | null
  /** CON-45: the other party holds what we signed and our log does not: somebody else runs with our key. */
  overtaken: boolean
  /** The record that gave the task to a later generation. */
  reopenedBy: HaggleRecord<'reopening'> | null
  outcome: Outcome | null
  soft: SoftDeal
}

/** What a restart forgets of a contract, and regains from the other party. */
export interface SoftDeal {
  /** Requester: the lease it grants; worker: the lease it believes in. Null while none runs. */
  leaseUntil: Instant | null
  leaseEnded: boolean
  /** Worker: when the next heartbeat leaves, the number of the newest one, and when that left. */
  nextBeat: Instant | null
  beat: number
  beatAt: Instant | null
  /** Own record that the other side has not answered yet. */
  unanswered: Unanswered | null
  /** A receipt we owe unless a later entry goes out first. */
  receiptOwed: { readonly entry: RecordId; readonly by: Instant } | null
  /** Requester: when everybody is told what the worker has pledged, unless it has been settled by then. */
  pledgeDue: Instant | null
  /** REP-21: those of the worker's pledges that were known then, and whether it was told. */
  pledgesBefore: ReadonlySet<RecordId>
  pledgeTold: boolean
  /** REP-22: since when others are listened for, and whether for as long as they should be. */
  listening: { readonly since: Timestamp; readonly inFull: boolean } | null
  /** Requester: when the opening leaves unless a review went out first. */
  openingDue: Instant | null
  /** Requester: what the application says of a delivery that came before the opening. */
  rejection: Pick<Reject, 'milestone' | 'reason' | 'note'> | null
  /** The record that the panel was shown last, and when by the wall clock. */
  pushed: { readonly record: RecordId; readonly at: Timestamp } | null
  /** The slot about which the panel was asked last, and when by the wall clock. */
  asked: { readonly slot: SlotId; readonly at: Timestamp } | null
  /** Requester: when the panel challenges a worker that fell silent. */
  challengeAt: Instant | null
  parked: HaggleRecord[]
  /** NET-42: tips of the other party that may still be answered, and when one more may; null: all of them. */
  tips: { readonly left: number; readonly at: Instant } | null
  payloadHeld: boolean
  /** Requester: the key of a seal that is looked at before it counts. */
  unsealing: HaggleRecord<'unseal'> | null
  /** Nothing is sent before the other party answered our tip: until then it may know better. Null once the contract has ended. */
  gate: Instant | null
  /** CON-44: the last moment until which a restarted agent asks before it signs; null: it was answered, or passed over. */
  asking: Instant | null
  /** What came meanwhile. */
  unread: { readonly from: AgentKey; readonly record: HaggleRecord }[]
  /** Worker: what it says of its progress next, if anything, and from when; requester: from when it hears the next. */
  progress: { readonly permille: number; readonly note: string | null } | null
  progressFrom: Instant
  /** The application was asked for this entry's answer already. */
  askedFor: RecordId | null
  /** Why our application wants it cancelled, as long as the other party is asked first what it holds. */
  cancelling: string | null
  /** The end was told to the application and, as requester, drawn for the task. */
  finished: boolean
}

export interface Unanswered {
  readonly record: HaggleRecord
  readonly payload: PayloadHash | null
  nextAt: Instant
  waitMs: number
  tries: number
}

/** A task of our own. */
export interface OwnTask {
  readonly task: RecordId
  readonly offer: HaggleRecord<'offer'>
  readonly job: Job
  /** The start of its nonce chain, as hexadecimal. */
  readonly secret: string
  generation: number
  reopening: HaggleRecord<'reopening'> | null
  contracts: readonly RecordId[]
  /** First valid bid per worker and generation, and how each stands. */
  readonly bids: Map<RecordId, HaggleRecord<'bid'>>
  /** Those of them that are in our log. */
  kept: readonly HaggleRecord<'bid'>[]
  withdrawal: HaggleRecord<'withdrawal'> | null
  closedAs: ClosedAs | null
  settled: boolean
  /** Monotonic end of the window in which bids are only collected; null: the first acceptable bid takes it. */
  windowEnds: Instant | null
  /** Bids refused for their price, to tell "nobody came" from "too dear". */
  tooDear: number
}

/** A task of somebody else's on which we bid. */
export interface ForeignTask {
  readonly task: RecordId
  readonly offer: HaggleRecord<'offer'>
  bids: readonly HaggleRecord<'bid'>[]
  readonly reopenings: HaggleRecord<'reopening'>[]
  contracts: readonly RecordId[]
  withdrawal: HaggleRecord<'withdrawal'> | null
  /** Generations that another bidder won. */
  lost: readonly number[]
}

export interface CoolDown {
  readonly at: Timestamp
  readonly until: Timestamp
  readonly strikes: number
}

/** The whole memory of one engine: a fold over its log, and soft maps beside it. */
export interface State {
  readonly self: AgentKey
  chainSeq: number
  chainPrev: RecordId | null
  readonly offers: Map<RecordId, HaggleRecord<'offer'>>
  readonly taskByKey: Map<string, RecordId>
  /** Keys of jobs that were evicted. */
  readonly spent: Set<string>
  readonly own: Map<RecordId, OwnTask>
  /** The own tasks that are live: what the clocks look at, however many tasks are remembered. */
  readonly open: Set<OwnTask>
  readonly foreign: Map<RecordId, ForeignTask>
  readonly deals: Map<RecordId, Deal>
  /** Deals without an end, and deals whose end is not drawn yet. */
  readonly live: Set<Deal>
  /** Those of them that have an end. */
  readonly ended: Set<Deal>
  /** Deals that are over and whose last word the other side has not shown to hold: a panel may have to see it. */
  readonly pushing: Set<Deal>
  /** Foreign tasks whose newest bid of ours is firm and not decided yet: each holds a slot. */
  readonly firm: Set<ForeignTask>
  /** Slots in use, counted when it is asked for; null after anything that may have changed it. */
  slotsUsed: number | null
  readonly coolDowns: Map<string, CoolDown>
  readonly book: Book
  /** Witness sets of our own, and those from which panels of our contracts were drawn, oldest first. */
  readonly sets: Map<RecordId, HaggleRecord<'witness-set'>>
  /** Contracts of others in which we have voted, with our votes. */
  readonly kept: Map<RecordId, KeptVotes>
  /** Stake that peers without record put at risk with us, by epoch. */
  newcomer: { epoch: number; spent: number }
  /** Evidence of our own contracts and of those of others, and what follows from it. */
  readonly ledger: Ledger
  // Soft from here on.
  /** The clocks of the newest input. */
  ticked: Now | null
  readonly board: Board
  readonly peers: Set<AgentKey>
  /** Who was connected, the latest last. */
  readonly met: Map<AgentKey, true>
  /** Shards of the market that nothing needs any more, and when their topics are left. */
  readonly leaving: Map<number, Instant>
  readonly clocks: ClockWatch
  readonly future: { readonly record: HaggleRecord; readonly from: AgentKey; readonly until: Instant }[]
  served: {
    readonly skills: readonly OfferedSkill[]
    readonly slots: number
    readonly allow: readonly AgentKey[] | undefined
    readonly maxStake: MicroCredits | undefined
    readonly minPanel: number | undefined
    readonly minQuality: number | undefined
  }
  /** `repeatAt`: when it is said again though nothing changed. */
  advert: {
    seq: number
    nextAt: Instant | null
    readonly repeatAt: Instant | null
    readonly record: HaggleRecord<'advert'> | null
  }
  /** Random bytes of this run, from which the salts of comparisons are made. */
  salt: Uint8Array
  /** Sessions that compare evidence with peers; null: none yet. */
  sessions: ReconcileSessions | null
  /** When the next one is due without a meeting, and with whom the last of these was. */
  comparing: { readonly nextAt: Instant; readonly last: AgentKey | null }
  /** CON-46: contracts that a peer named and we do not know, and whom we asked for them. */
  readonly unknown: Map<RecordId, AgentKey>
  /** Witness sets of others that no contract of ours names yet, oldest first. */
  readonly heardSets: Map<RecordId, HaggleRecord<'witness-set'>>
  /** How much of others' results we hold as a witness; null: we are none. */
  witnessing: { readonly maxBytes: number } | null
  /** Contracts of others that were shown to us as a witness, oldest first. */
  readonly watches: Map<RecordId, Watch>
  /** Bytes of results that we asked for as a witness, by the epoch. */
  fetched: { readonly epoch: number; readonly bytes: number }
  /** WIT-19: with whom we were connected, and when; who came last stands last. */
  readonly presence: Map<AgentKey, Span[]>
  /** Offers on which others may bid first, until when. */
  readonly silent: Map<RecordId, Silence>
  /** No slot was free after the newest input. */
  full: boolean
  /** Quote requests made: task and generation. */
  readonly quoted: Map<RecordId, number>
}

/** A live task takes bids, or has a contract that has not ended. */
export function isLive(task: OwnTask): boolean {
  return !task.settled && task.closedAs === null
}
