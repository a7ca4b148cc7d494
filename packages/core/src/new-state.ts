import type { AgentKey } from '@haggle/protocol'
import { ClockWatch } from './clock-watch.ts'
import { Board } from './market/board.ts'
import { Book } from './score/book.ts'
import type { State } from './state.ts'
import { isNear } from './evidence/near.ts'
import { Ledger } from './evidence/ledger.ts'

/** An agent that remembers nothing yet, and trusts these anchors beside itself. */
export function newState(self: AgentKey, anchors: readonly AgentKey[] = []): State {
  const state: State = {
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
    ledger: new Ledger([self, ...anchors], (agent) => isNear(state, agent)),
    ticked: null,
    board: new Board(),
    peers: new Set(),
    met: new Map(),
    leaving: new Map(),
    clocks: new ClockWatch(),
    future: [],
    served: {
      ...{ skills: [], slots: 0, allow: undefined },
      ...{ maxStake: undefined, minPanel: undefined, minQuality: undefined },
    },
    advert: { seq: 0, nextAt: null, repeatAt: null, record: null },
    salt: new Uint8Array(),
    sessions: null,
    comparing: { nextAt: 0, last: null },
    unknown: new Map(),
    heardSets: new Map(),
    witnessing: null,
    watches: new Map(),
    fetched: { epoch: 0, bytes: 0 },
    presence: new Map(),
    silent: new Map(),
    full: false,
    quoted: new Map(),
  }
  return state
}
