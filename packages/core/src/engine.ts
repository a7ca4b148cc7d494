import type { AgentKey, DurationMs, HaggleRecord, PayloadHash, RecordId, Timestamp } from '@haggle/protocol'
import { okay, refuse, type Answer } from './answer.ts'
import { applyEntry } from './apply.ts'
import type { ClockDoubt } from './clock-watch.ts'
import { runCommand } from './commands.ts'
import { profiles } from './contract/profiles.ts'
import { keyFound } from './worker/unseal.ts'
import { sealOpened } from './payloads.ts'
import { finishEnded } from './deal/finish.ts'
import { askBeforeSigning } from './deal/overtaken.ts'
import { meetAgain } from './deal/meeting.ts'
import type { Effect } from './effect.ts'
import { compareWith } from './evidence/compare.ts'
import { receiveFrame } from './frames.ts'
import type { Input, Now } from './input.ts'
import { evidenceView, scoresAt, type EvidenceView } from './evidence/views.ts'
import type { Scores } from './score/scores.ts'
import { sendDigest } from './market/receive.ts'
import { memoryOf, stateOfMemory, type EngineMemory } from './memory.ts'
import { newState } from './new-state.ts'
import { receivePayload } from './payloads.ts'
import { isHeld, receiveRecord } from './records.ts'
import { recallPart } from './recall.ts'
import { takeSnapshot, type SnapshotPart } from './snapshot.ts'
import { start } from './start.ts'
import type { State } from './state.ts'
import { tick } from './tick.ts'
import { Turn, type Identity } from './turn.ts'
import {
  contractView,
  contractViews,
  sharesPayload,
  standingOf,
  taskByKey,
  taskRecords,
  taskView,
  taskViews,
  type ContractView,
  type Standing,
  type TaskView,
} from './views.ts'
import { nextWakeup, type Wakeup } from './wakeup.ts'
import { meetWatched } from './witness/look.ts'
import { forgetPresence, noteDown, noteUp } from './witness/presence.ts'
import { adviseChange } from './worker/advertise.ts'
import { standingBids } from './worker/bid.ts'
import { quoteWhenFree } from './worker/quote.ts'

/** What one call of the engine gives back; the driver carries the effects out in their order. */
export interface Handled {
  readonly answer: Answer
  readonly effects: readonly Effect[]
}

/** One agent's rules: pure, synchronous and total. Everything that happens comes in through `handle`. */
export interface Engine {
  handle(input: Input): Handled
  /** The next moment, on each clock, at which an `alarm` input is due; null: nothing waits. */
  nextWakeup(): Wakeup
  tasks(): readonly TaskView[]
  /** One task, by its id. */
  task(id: RecordId): TaskView | undefined
  /** The own task of a job, by the key of the job. */
  taskByKey(key: string): TaskView | undefined
  contracts(): readonly ContractView[]
  contract(id: RecordId): ContractView | undefined
  /** Whether the board takes one more offer of this author: one that it does not take need not be checked. */
  hasRoomFor(author: AgentKey): boolean
  /** Whether a peer is a party of a contract with us one of whose records names this payload. */
  sharesPayload(peer: AgentKey, hash: PayloadHash): boolean
  /** Every record of a task that this agent holds, in no particular order. */
  records(task: RecordId): readonly HaggleRecord[]
  adverts(): readonly HaggleRecord<'advert'>[]
  standing(peer: AgentKey): Standing
  /** Everything that this agent holds as evidence, by (epoch, id), and the digest of it. */
  evidence(): EvidenceView
  /** Everybody's scores as our roots see them at a moment; at the newest one that this engine knows of, if nothing is said. */
  scores(at?: Timestamp): Scores
  /** Everything that the engine remembers; to be written down at once, and not to be changed. */
  memory(): EngineMemory
  /** What speaks against the own wall clock; null: nothing does. */
  clockDoubt(): ClockDoubt | null
  /** How far a connected peer's wall clock is ahead of ours, as far as that is certain; null: not measured. */
  clockSkew(peer: AgentKey): number | null
  /** What a new engine is given in place of all log entries so far: `recalled` part by part, it makes the state that they make. */
  snapshot(): readonly SnapshotPart[]
}

/**
 * An engine that remembers nothing yet: it is given a snapshot part by part, or none, its log entry by entry, then `started`. Made
 * with a memory it is the engine that the memory is of, which goes on where that one stood. `handle` throws only for our own bugs.
 */
export function createEngine(identity: Identity, memory?: EngineMemory): Engine {
  const state =
    memory === undefined ? newState(identity.self, identity.anchors) : stateOfMemory(memory, identity.anchors)
  return {
    handle: (input) => handle(state, identity, input),
    nextWakeup: () => nextWakeup(state),
    tasks: () => taskViews(state),
    task: (id) => taskView(state, id),
    taskByKey: (key) => taskByKey(state, key),
    contracts: () => contractViews(state),
    contract: (id) => contractView(state, id),
    hasRoomFor: (author) => state.board.hasRoomFor(author),
    sharesPayload: (peer, hash) => sharesPayload(state, peer, hash),
    records: (task) => taskRecords(state, task),
    adverts: () => [...state.board.adverts()],
    standing: (peer) => standingOf(state, peer),
    evidence: () => evidenceView(state),
    scores: (at) => scoresAt(state, at),
    memory: () => memoryOf(state),
    clockDoubt: () => state.clocks.doubt,
    clockSkew: (peer) => state.clocks.skewOf(peer),
    snapshot: () => takeSnapshot(state),
  }
}

function handle(state: State, identity: Identity, input: Input): Handled {
  if (input.kind === 'restored') {
    applyEntry(state, input.entry)
    return { answer: okay(), effects: [] }
  }
  if (input.kind === 'recalled') {
    recallPart(state, input.part)
    return { answer: okay(), effects: [] }
  }
  const turn = new Turn(state, identity, input.now)
  if (input.kind === 'started') askBeforeSigning(turn)
  const epsilonMs = identity.epsilonMs ?? profiles.lan.epsilonMs
  for (const event of state.clocks.look(input.now, epsilonMs)) turn.notify(event)
  if (state.clocks.doubt !== null) forgetPresence(state, input.now.wall)
  // TIME-06: timeouts come before anything that the same moment brings; they are looked at once in a moment.
  if (input.kind === 'alarm' || isLater(state, input.now)) tick(turn)
  state.ticked = input.now
  if (input.kind === 'peer-up') hearClock(turn, input, epsilonMs)
  const answer = dispatch(turn, input)
  finishEnded(turn)
  state.ledger.reckon(input.now.mono)
  quoteWhenFree(turn)
  adviseChange(turn)
  return { answer, effects: turn.effects }
}

/** False for an input of the same instant as the one before: what it may have made due is due at the alarm that follows. */
function isLater({ ticked }: State, now: Now): boolean {
  return ticked === null || ticked.wall !== now.wall || ticked.mono !== now.mono
}

function dispatch(turn: Turn, input: Exclude<Input, { kind: 'restored' | 'recalled' }>): Answer {
  switch (input.kind) {
    case 'record':
      return input.gossiped === true && isHeld(turn.state, input.record)
        ? refuse('record/held', 'held already')
        : receiveRecord(turn, input.from, input.record, input.gossiped)
    case 'frame':
      receiveFrame(turn, input.from, input.frame)
      return okay()
    case 'command':
      return input.entropy.length >= 64
        ? runCommand(turn, input.command, input.entropy)
        : refuse('job/terms', 'a command needs 64 random bytes')
    case 'alarm':
      return okay()
    case 'peer-up':
      meetPeer(turn, input.peer)
      return okay()
    case 'peer-down':
      turn.state.peers.delete(input.peer)
      noteDown(turn.state, input.peer, turn.now.wall)
      turn.state.clocks.gone(input.peer)
      turn.state.sessions?.leave(input.peer)
      return okay()
    case 'payload':
      receivePayload(turn, input.hash, input.held)
      return okay()
    case 'seal-opened':
      sealOpened(turn, input)
      return okay()
    case 'key-found':
      return keyFound(turn, input)
    case 'started':
      turn.state.salt = input.entropy ?? turn.state.salt
      start(turn)
      return okay()
  }
}

function hearClock(turn: Turn, input: Extract<Input, { kind: 'peer-up' }>, epsilonMs: DurationMs): void {
  for (const event of turn.state.clocks.heard(turn.now, input.peer, input, epsilonMs)) turn.notify(event)
}

/** A peer came, or came back: market, contracts and standing bids are compared before anything else is said. */
function meetPeer(turn: Turn, peer: AgentKey): void {
  const { state } = turn
  if (state.peers.size === 0) restartWindows(turn)
  state.peers.add(peer)
  noteUp(state, peer, turn.now.wall)
  sendDigest(turn, peer)
  compareWith(turn, peer)
  meetWatched(turn, peer)
  for (const deal of state.deals.values()) {
    if (deal.peer !== peer) continue
    const open = deal.outcome === null || !deal.closings.some((closing) => closing.author === peer)
    if (open) meetAgain(turn, deal)
  }
  turn.send(peer, standingBids(turn, peer))
}

/** MKT-23: a bid window in which nobody could hear the offer was none: it begins anew with the first peer. */
function restartWindows(turn: Turn): void {
  for (const task of turn.state.open) {
    if (task.job.mode === 'auction' && task.bids.size === 0)
      task.windowEnds = turn.now.mono + task.job.timers.bidWindowMs
  }
}
