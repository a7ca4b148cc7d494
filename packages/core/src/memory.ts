import type { AgentKey, RecordId } from '@haggle/protocol'
import { ClockWatch, type ClockMemory } from './clock-watch.ts'
import { Board, type BoardMemory } from './market/board.ts'
import { Book, type BookMemory } from './score/book.ts'
import { Ledger, type LedgerMemory } from './evidence/ledger.ts'
import { isNear } from './evidence/near.ts'
import type { State } from './state.ts'

/**
 * All that an engine remembers, soft parts included, as values: maps, sets, lists, records and plain fields. It is the engine's
 * own memory and no copy of it: whoever asks for it writes it down at once and changes nothing.
 */
export interface EngineMemory extends Omit<
  State,
  'open' | 'live' | 'ended' | 'pushing' | 'firm' | 'board' | 'book' | 'clocks' | 'slotsUsed' | 'ledger' | 'sessions'
> {
  readonly open: readonly RecordId[]
  readonly live: readonly RecordId[]
  readonly ended: readonly RecordId[]
  readonly pushing: readonly RecordId[]
  readonly firm: readonly RecordId[]
  readonly board: BoardMemory
  readonly book: BookMemory
  readonly clocks: ClockMemory
  readonly ledger: LedgerMemory
}

export function memoryOf(state: State): EngineMemory {
  const { slotsUsed: _, sessions: __, ...kept } = state
  // What is being compared just now is compared again at the next occasion, here as there.
  state.sessions = null
  return {
    ...kept,
    // These sets hold what stands in the maps: by their names, so that each of them is written down once.
    open: [...state.open].map(({ task }) => task),
    live: [...state.live].map(({ id }) => id),
    ended: [...state.ended].map(({ id }) => id),
    pushing: [...state.pushing].map(({ id }) => id),
    firm: [...state.firm].map(({ task }) => task),
    board: state.board.memory(),
    book: state.book.memory(),
    clocks: state.clocks.memory(),
    ledger: state.ledger.memory(),
  }
}

/** The state that is made of a memory, which belongs to it from now on. Throws `TypeError` when it names what it does not hold. */
export function stateOfMemory(memory: EngineMemory, anchors: readonly AgentKey[] = []): State {
  const state: State = {
    ...memory,
    slotsUsed: null,
    open: new Set(memory.open.map((task) => held(memory.own, task))),
    live: new Set(memory.live.map((id) => held(memory.deals, id))),
    ended: new Set(memory.ended.map((id) => held(memory.deals, id))),
    pushing: new Set(memory.pushing.map((id) => held(memory.deals, id))),
    firm: new Set(memory.firm.map((task) => held(memory.foreign, task))),
    board: new Board(memory.board),
    book: new Book(memory.book),
    clocks: new ClockWatch(memory.clocks),
    sessions: null,
    // Whom we hear of decides what is of interest, and stands in the memory itself.
    ledger: new Ledger([memory.self, ...anchors], () => true, memory.ledger),
  }
  state.ledger.nearTo((agent) => isNear(state, agent))
  return state
}

function held<T>(map: ReadonlyMap<RecordId, T>, id: RecordId): T {
  const found = map.get(id)
  if (found === undefined) throw new TypeError(`a memory that names ${id} and does not hold it`)
  return found
}
