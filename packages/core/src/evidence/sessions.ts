import { bounds, sha256Of, type AgentKey, type DurationMs, type Instant, type ReconcileFrame } from '@haggle/protocol'
import { Reconciliation, type Reconcilable, type ReconcileStep } from './reconciliation.ts'

/** EVI-15: a session of which nothing was heard for so long is forgotten: the other side has gone, or keeps no evidence. */
const REST_MS: DurationMs = 60_000
const SALT_BYTES = 16
const COUNTER_BYTES = 8

interface Session {
  readonly machine: Reconciliation
  readonly at: Instant
}

/** The sessions about evidence of one agent: with each peer at most one that it opened, and one that it answers. */
export class ReconcileSessions {
  readonly #set: Reconcilable
  /** 32 random bytes and a counter, from which salts are made that nobody can foresee. */
  readonly #seed: Uint8Array
  readonly #opened = new Map<AgentKey, Session>()
  readonly #answered = new Map<AgentKey, Session>()
  #count = 0

  constructor(set: Reconcilable, seed: Uint8Array) {
    this.#set = set
    this.#seed = seed
  }

  /** Begins a session with a peer, in place of the one before: its first message. */
  open(peer: AgentKey, now: Instant): ReconcileFrame {
    const salt = this.#salt()
    const machine = new Reconciliation(this.#set, this.#count, salt)
    put(this.#opened, peer, { machine, at: now })
    return machine.open()
  }

  /** What comes of a message of a peer, or null when it belongs to no session. */
  receive(peer: AgentKey, frame: ReconcileFrame, now: Instant): ReconcileStep | null {
    // The opener's steps are even: so two sessions, one opened by each, never meet.
    const sessions = frame.step % 2 === 0 ? this.#answered : this.#opened
    if (frame.step === 0) {
      const machine = new Reconciliation(this.#set, frame.session, this.#salt())
      put(sessions, peer, { machine, at: now })
    }
    const session = sessions.get(peer)
    if (session === undefined) return null
    const step = session.machine.receive(frame)
    if (session.machine.end === null) put(sessions, peer, { ...session, at: now })
    else sessions.delete(peer)
    return step
  }

  /** Whether a session that was opened with this peer still goes on. */
  isOpen(peer: AgentKey): boolean {
    return this.#opened.has(peer)
  }

  /** The peer is gone, and its sessions with it. */
  leave(peer: AgentKey): void {
    this.#opened.delete(peer)
    this.#answered.delete(peer)
  }

  /** EVI-15: forgets what rests. */
  forgetResting(now: Instant): void {
    for (const sessions of [this.#opened, this.#answered])
      for (const [peer, { at }] of sessions) if (at + REST_MS <= now) sessions.delete(peer)
  }

  #salt(): Uint8Array {
    this.#count += 1
    const bytes = new Uint8Array(this.#seed.length + COUNTER_BYTES)
    bytes.set(this.#seed)
    new DataView(bytes.buffer).setFloat64(this.#seed.length, this.#count)
    return sha256Of(bytes).subarray(0, SALT_BYTES)
  }
}

/** The newest last; of more than there can be peers, the one that rested longest goes. */
function put(sessions: Map<AgentKey, Session>, peer: AgentKey, session: Session): void {
  sessions.delete(peer)
  sessions.set(peer, session)
  if (sessions.size <= bounds.peers) return
  for (const oldest of sessions.keys()) {
    sessions.delete(oldest)
    return
  }
}
