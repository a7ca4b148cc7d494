import type { HaggleRecord, RecordId, AgentKey } from '@haggle/protocol'
import { okay, refuse, type Answer } from './answer.ts'
import { applyEntry } from './apply.ts'
import { runCommand } from './commands.ts'
import { finishEnded } from './deal/finish.ts'
import { meetAgain } from './deal/tip.ts'
import type { Effect } from './effect.ts'
import { receiveFrame } from './frames.ts'
import type { Input } from './input.ts'
import { sendDigest } from './market/receive.ts'
import { newState } from './new-state.ts'
import { receivePayload } from './payloads.ts'
import { receiveRecord } from './records.ts'
import { start } from './start.ts'
import { isLive, type State } from './state.ts'
import { tick } from './tick.ts'
import { Turn, type Identity } from './turn.ts'
import {
  contractViews,
  standingOf,
  taskRecords,
  taskViews,
  type ContractView,
  type Standing,
  type TaskView,
} from './views.ts'
import { nextWakeup, type Wakeup } from './wakeup.ts'
import { adviseChange } from './worker/advertise.ts'
import { standingBids } from './worker/bid.ts'

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
  contracts(): readonly ContractView[]
  /** Every record of a task that this agent holds, in no particular order. */
  records(task: RecordId): readonly HaggleRecord[]
  adverts(): readonly HaggleRecord<'advert'>[]
  standing(peer: AgentKey): Standing
}

export function createEngine(identity: Identity): Engine {
  const state = newState(identity.self)
  return {
    handle: (input) => handle(state, identity, input),
    nextWakeup: () => nextWakeup(state),
    tasks: () => taskViews(state),
    contracts: () => contractViews(state),
    records: (task) => taskRecords(state, task),
    adverts: () => [...state.board.adverts()],
    standing: (peer) => standingOf(state, peer),
  }
}

function handle(state: State, identity: Identity, input: Input): Handled {
  if (input.kind === 'restored') {
    applyEntry(state, input.entry)
    return { answer: okay(), effects: [] }
  }
  const turn = new Turn(state, identity, input.now)
  // TIME-06: timeouts come before anything that the same moment brings.
  tick(turn)
  const answer = dispatch(turn, input)
  finishEnded(turn)
  adviseChange(turn)
  return { answer, effects: turn.effects }
}

function dispatch(turn: Turn, input: Exclude<Input, { kind: 'restored' }>): Answer {
  switch (input.kind) {
    case 'record':
      return receiveRecord(turn, input.from, input.record)
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
      return okay()
    case 'payload':
      receivePayload(turn, input.hash, input.held)
      return okay()
    case 'started':
      start(turn)
      return okay()
  }
}

/** A peer came, or came back: market, contracts and standing bids are compared before anything else is said. */
function meetPeer(turn: Turn, peer: AgentKey): void {
  const { state } = turn
  if (state.peers.size === 0) restartWindows(turn)
  state.peers.add(peer)
  sendDigest(turn, peer)
  for (const deal of state.deals.values()) {
    if (deal.peer !== peer) continue
    const open = deal.outcome === null || !deal.closings.some((closing) => closing.author === peer)
    if (open) meetAgain(turn, deal)
  }
  turn.send(peer, standingBids(turn, peer))
}

/** MKT-23: a bid window in which nobody could hear the offer was none: it begins anew with the first peer. */
function restartWindows(turn: Turn): void {
  for (const task of turn.state.own.values()) {
    if (isLive(task) && task.job.mode === 'auction' && task.bids.size === 0)
      task.windowEnds = turn.now.mono + task.job.timers.bidWindowMs
  }
}
