import {
  createRecord,
  type AgentKey,
  type BodyOf,
  type ControlFrame,
  type DurationMs,
  type HaggleRecord,
  type NetworkId,
  type PayloadHash,
  type RecordId,
  type RecordType,
  type Topic,
  type Violation,
} from '@haggle/protocol'
import type { AppRequest } from './app-request.ts'
import { applyEntry } from './apply.ts'
import type { Effect } from './effect.ts'
import type { EngineEvent } from './event.ts'
import type { Now } from './input.ts'
import type { LogEntry } from './log-entry.ts'
import type { State } from './state.ts'

/** What an engine is made with: its identity and its pen. */
export interface Identity {
  readonly self: AgentKey
  readonly networkId: NetworkId
  /** Ed25519 over exactly these bytes, pure. */
  readonly sign: (message: Uint8Array) => Uint8Array
  /** ε of the own profile; that of `lan` if nothing is said. */
  readonly epsilonMs?: DurationMs
  /** The network's anchors: beside the own key the roots of everybody's scores. None if nothing is said. */
  readonly anchors?: readonly AgentKey[]
}

/** What was to be signed does not fit its record: a command asked for too much, or we have a bug. Nothing was written. */
export class UnfitBody extends TypeError {}

/** One call of the engine: the only way to change what it remembers is to write it down. */
export class Turn {
  readonly state: State
  readonly now: Now
  readonly effects: Effect[] = []
  readonly #identity: Identity

  constructor(state: State, identity: Identity, now: Now) {
    this.state = state
    this.now = now
    this.#identity = identity
  }

  persist(entry: LogEntry): void {
    this.effects.push({ kind: 'persist', entry })
    applyEntry(this.state, entry)
  }

  /** Keeps a record of another agent. */
  keep(record: HaggleRecord): void {
    this.persist({ kind: 'record', at: this.now.wall, record })
  }

  /** Signs a record and writes it down; sending it is the caller's next step. */
  write<T extends RecordType>(type: T, body: BodyOf<T>): HaggleRecord<T> {
    const record = this.sign(type, body)
    // A record of one type is a record: the compiler cannot see that through the type parameter.
    this.keep(record as HaggleRecord)
    return record
  }

  /** Signs a record that binds nobody and is not kept: an advert. */
  sign<T extends RecordType>(type: T, body: BodyOf<T>): HaggleRecord<T> {
    const { networkId, self, sign } = this.#identity
    try {
      return createRecord(type, body, { networkId, author: self, sign })
    } catch (error) {
      throw new UnfitBody(`this fits no ${type} record`, { cause: error })
    }
  }

  send(to: AgentKey, records: readonly HaggleRecord[], payload: PayloadHash | null = null): void {
    // NET-51: also to who is not connected, which makes the network look for it; the rest it learns by tip and digest.
    if (records.length === 0) return
    const index = this.effects.findLastIndex((effect) => isWordTo(effect, to))
    const earlier = this.effects[index]
    // What one turn says to one peer is one message, as far as a single payload goes; it leaves after the last persist. CON-41: it
    // overtakes nothing, so what a tip names stays before it.
    if (earlier?.kind === 'send' && (earlier.payload === null || payload === null)) {
      this.effects.splice(index, 1)
      this.effects.push({
        kind: 'send',
        to,
        records: [...earlier.records, ...records],
        payload: earlier.payload ?? payload,
      })
    } else {
      this.effects.push({ kind: 'send', to, records, payload })
    }
  }

  sendFrame(to: AgentKey, frame: ControlFrame): void {
    if (this.state.peers.has(to)) this.effects.push({ kind: 'send-frame', to, frame })
  }

  publish(topic: Topic, record: HaggleRecord): void {
    this.effects.push({ kind: 'publish', topic, record })
  }

  subscribe(topic: Topic): void {
    this.effects.push({ kind: 'subscribe', topic })
  }

  fetch(hash: PayloadHash, size: number, from: AgentKey): void {
    this.effects.push({ kind: 'fetch', hash, size, from })
  }

  /** Asks for a look at a seal: with the own key, or with the one that is given. */
  openSeal(seal: Omit<Extract<Effect, { kind: 'open-seal' }>, 'kind'>): void {
    this.effects.push({ kind: 'open-seal', ...seal })
  }

  notify(event: EngineEvent): void {
    this.effects.push({ kind: 'notify', event })
  }

  request(request: AppRequest): void {
    this.effects.push({ kind: 'request', request })
  }

  report(peer: AgentKey, violation: Violation, record: RecordId | null): void {
    this.effects.push({ kind: 'report', peer, violation, record })
  }

  /** The next link of our own chain. */
  chainLink(): { chainSeq: number; chainPrev: RecordId | null } {
    return { chainSeq: this.state.chainSeq + 1, chainPrev: this.state.chainPrev }
  }
}

/** Records for this peer, or a tip, which says what it was sent so far. */
function isWordTo(effect: Effect, peer: AgentKey): boolean {
  const isWord = effect.kind === 'send' || (effect.kind === 'send-frame' && effect.frame.kind === 'tip')
  return isWord && effect.to === peer
}
