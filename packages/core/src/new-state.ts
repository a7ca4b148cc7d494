import type { AgentKey } from '@haggle/protocol'
import { ClockWatch } from './clock-watch.ts'
import { Board } from './market/board.ts'
import { Book } from './score/book.ts'
import type { State } from './state.ts'

/** An agent that remembers nothing yet. */
export function newState(self: AgentKey): State {
  return {
    self,
    chainSeq: 0,
    chainPrev: null,
    offers: new Map(),
    taskByKey: new Map(),
    spent: new Set(),
    own: new Map(),
    open: new Set(),
    foreign: new Map(),
    deals: new Map(),
    live: new Set(),
    ended: new Set(),
    pushing: new Set(),
    firm: new Set(),
    slotsUsed: null,
    coolDowns: new Map(),
    book: new Book(),
    sets: new Map(),
    kept: new Map(),
    newcomer: { epoch: 0, spent: 0 },
    ticked: null,
    board: new Board(),
    peers: new Set(),
    leaving: new Map(),
    clocks: new ClockWatch(),
    future: [],
    served: {
      ...{ skills: [], slots: 0, allow: undefined },
      ...{ maxStake: undefined, minPanel: undefined, minQuality: undefined },
    },
    advert: { seq: 0, nextAt: null, record: null },
    unknown: new Map(),
    heardSets: new Map(),
    witnessing: null,
    watches: new Map(),
    presence: new Map(),
    silent: new Map(),
    full: false,
    quoted: new Map(),
  }
}
