import { setMaxListeners } from 'node:events'
import type { AgentKey } from '@haggle/protocol'
import type { Logger } from '@haggle/ports'
import { shuffled } from './peer-table.ts'
import { jitter, timings } from './timings.ts'

/** NET-22: while no more peers than this are heard of, all of them are dialled: a small LAN is one full mesh. */
const DIAL_ALL = 12
/** NET-22: connections that a node of a larger network sees to: gossip reaches everybody over four, and each costs work all day. */
const ENOUGH = 6
/** NET-22: of them, connections of our own choice: what others choose for us may all be one party's. */
const OWN_CHOICE = 4
const PARALLEL_DIALS = 4
/** NET-70: dials beside these, to addresses at which nobody took the connection for so long: they cost a socket each, and no work. */
const SILENT_DIALS = 32
const SILENT_MS = 300
/** NET-51: agents that somebody here has something to tell, and for how long that is remembered. */
const WANTED = 256
const WANTED_MS = 30_000
const KNOWN = 512
const SHUNNED = 1_024
const FORGET_AFTER = 8
const CANDIDATE_BACKOFF_MS = 60_000
const BOOTSTRAP_BACKOFF_MS = 15_000
/** NET-31: between two dials of a peer that announces itself: anybody on the LAN may announce anybody. */
const SPOKE_RETRY_MS = 5_000

export interface KeeperInit {
  readonly own: AgentKey
  readonly bootstrap: readonly string[]
  readonly maxPeers: number
  readonly logger: Logger
  /** Connects; resolves with whom. Calls `answered` when somebody took the connection, whoever that is. */
  dial(addresses: readonly string[], signal: AbortSignal, answered: () => void): Promise<AgentKey>
  isConnected(key: AgentKey): boolean
  connectedCount(): number
  /** Peers that we dialled ourselves. */
  chosenCount(): number
}

interface Target {
  addresses: readonly string[]
  /** Known once it answered, or from the start. */
  key: AgentKey | undefined
  readonly bootstrap: boolean
  /** It answered last time, and the two could not agree on keys. */
  foreign: boolean
  failures: number
  nextAt: number
  triedAt: number
  dialing: boolean
}

/** Finding peers does not connect them: this dials whom we heard of, and again when they are lost. */
export class Keeper {
  readonly #init: KeeperInit
  readonly #bootstrap: readonly Target[]
  readonly #known = new Map<AgentKey, Target>()
  readonly #shunned = new Map<AgentKey, number>()
  readonly #wanted = new Map<AgentKey, number>()
  readonly #abort = new AbortController()
  #dialing = 0
  #silent = 0
  #timer: NodeJS.Timeout | undefined

  constructor(init: KeeperInit) {
    this.#init = init
    // One for each dial that is under way.
    setMaxListeners(0, this.#abort.signal)
    this.#bootstrap = init.bootstrap.map((address) => ({ ...fresh([address], undefined, 0), bootstrap: true }))
  }

  start(): void {
    this.#plan()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#abort.abort(new Error('the network stops'))
  }

  /** A peer was heard of at these addresses, best first; `itself`: it was the peer that spoke, so it is there now. */
  heardOf(key: AgentKey, addresses: readonly string[], itself: boolean): void {
    if (key === this.#init.own || addresses.length === 0) return
    const known = this.#known.get(key)
    if (known !== undefined) {
      known.addresses = addresses
      if (itself) this.#hasten(known)
      return
    }
    if (this.#known.size >= KNOWN && !this.#evict()) return
    // Two that hear of each other at one moment would dial each other: the larger key gives the other a head start.
    const headStart = this.#init.own > key ? jitter(150, 300) : jitter(0, 20)
    this.#known.set(key, fresh(addresses, key, performance.now() + headStart))
    this.#plan()
  }

  /** A peer was heard to say what it has said before. False when nothing is known of it. */
  spokeAgain(key: AgentKey): boolean {
    if (this.isReached(key)) return true
    const known = this.#known.get(key)
    if (known !== undefined) this.#hasten(known)
    return known !== undefined
  }

  /** True when nothing that is heard of this peer matters now. */
  isReached(key: AgentKey): boolean {
    return key === this.#init.own || this.#init.isConnected(key)
  }

  /** NET-51: connects with somebody whom there is something to tell, however many peers there are already. */
  want(key: AgentKey): void {
    if (this.isReached(key)) return
    if (this.#wanted.size >= WANTED) this.#wanted.clear()
    this.#wanted.set(key, performance.now() + WANTED_MS)
    this.#plan()
  }

  /** Not to be dialled for a while. */
  shun(key: AgentKey, spanMs: number = timings.quarantineMs): void {
    if (this.#shunned.size >= SHUNNED) this.#shunned.clear()
    this.#shunned.set(key, performance.now() + spanMs)
  }

  /** The last connection with a peer closed: it is dialled again shortly. */
  lost(key: AgentKey): void {
    const at = performance.now() + jitter(50, 250)
    for (const target of this.#targets())
      if (target.key === key && !target.dialing) target.nextAt = Math.max(target.nextAt, at)
    this.#plan()
  }

  // NET-31: who is back after a long cut must not wait for the end of a wait that grew while it was away.
  #hasten(target: Target): void {
    const soon = Math.max(performance.now(), target.triedAt + SPOKE_RETRY_MS)
    if (target.foreign || soon >= target.nextAt) return
    target.nextAt = soon
    this.#plan()
  }

  *#targets(): Generator<Target> {
    yield* this.#bootstrap
    yield* this.#known.values()
  }

  #plan(): void {
    if (this.#abort.signal.aborted) return
    clearTimeout(this.#timer)
    const now = performance.now()
    for (const target of this.#bootstrap) if (this.#isDue(target, now)) this.#dial(target)
    const due = [...this.#known.values()].filter((target) => this.#isDue(target, now))
    const wanted = due.filter((target) => this.#isWanted(target, now))
    for (const target of [...wanted, ...shuffled(due)]) {
      if (this.#dialing >= PARALLEL_DIALS || !(this.#isWanted(target, now) || this.#wantsMore())) break
      if (!target.dialing) this.#dial(target)
    }
    this.#sleep(now)
  }

  #sleep(now: number): void {
    const wants = this.#wantsMore()
    let next = Number.POSITIVE_INFINITY
    for (const target of this.#targets()) {
      const isIdle = !target.dialing && !this.#isReached(target)
      if (isIdle && (target.bootstrap || wants || this.#isWanted(target, now)))
        next = Math.min(next, Math.max(target.nextAt, this.#shunnedUntil(target)))
    }
    // What is due now waits for a dial to end, which plans anew; one that ended at this very moment is the reason for the minimum.
    if (next !== Number.POSITIVE_INFINITY && (next > now || this.#dialing === 0)) {
      this.#timer = setTimeout(() => this.#plan(), Math.max(next - now, 10))
    }
  }

  #isDue(target: Target, now: number): boolean {
    return !target.dialing && target.nextAt <= now && this.#shunnedUntil(target) <= now && !this.#isReached(target)
  }

  #isReached(target: Target): boolean {
    return target.key !== undefined && this.#init.isConnected(target.key)
  }

  #isWanted(target: Target, now: number): boolean {
    return target.key !== undefined && (this.#wanted.get(target.key) ?? 0) > now && this.#hasRoom()
  }

  #hasRoom(): boolean {
    return this.#init.connectedCount() + this.#dialing < this.#init.maxPeers
  }

  #shunnedUntil(target: Target): number {
    return (target.key !== undefined ? this.#shunned.get(target.key) : undefined) ?? 0
  }

  #wantsMore(): boolean {
    if (!this.#hasRoom()) return false
    const count = this.#init.connectedCount() + this.#dialing
    if (Math.max(this.#known.size, count) <= DIAL_ALL) return true
    return count < ENOUGH || this.#init.chosenCount() + this.#dialing < OWN_CHOICE
  }

  #dial(target: Target): void {
    target.dialing = true
    target.triedAt = performance.now()
    this.#dialing += 1
    let isSilent = false
    let timer = setTimeout(() => {
      // In two steps: this process may have been too busy to see that somebody answered.
      timer = setTimeout(() => {
        isSilent = this.#silent < SILENT_DIALS
        if (isSilent) this.#count(-1, 1)
      }, SILENT_MS / 2)
    }, SILENT_MS / 2)
    const answered = (): void => clearTimeout(timer)
    void this.#attempt(target, answered).finally(() => {
      clearTimeout(timer)
      target.dialing = false
      if (isSilent) this.#count(0, -1)
      else this.#count(-1, 0)
    })
  }

  #count(dialing: number, silent: number): void {
    this.#dialing += dialing
    this.#silent += silent
    this.#plan()
  }

  async #attempt(target: Target, answered: () => void): Promise<void> {
    const attempt = new AbortController()
    const stop = (): void => attempt.abort(this.#abort.signal.reason)
    const timer = setTimeout(() => attempt.abort(new Error('nobody answered in time')), timings.dialMs)
    this.#abort.signal.addEventListener('abort', stop, { once: true })
    try {
      target.key = await this.#init.dial(target.addresses, attempt.signal, answered)
      target.failures = 0
      this.#wanted.delete(target.key)
      target.foreign = false
      target.nextAt = performance.now() + jitter(500, 1_000)
    } catch (error) {
      this.#failed(target)
      this.#judge(target, error)
    } finally {
      clearTimeout(timer)
      this.#abort.signal.removeEventListener('abort', stop)
    }
  }

  // A dial into a burst of dials is refused although the peer is well: the first retry comes soon, the next ones ever later.
  #failed(target: Target): void {
    target.failures += 1
    const ceiling = target.bootstrap ? BOOTSTRAP_BACKOFF_MS : CANDIDATE_BACKOFF_MS
    target.nextAt = performance.now() + Math.min(ceiling, 100 * 2 ** target.failures) * jitter(0.5, 1.5)
    if (target.failures === 3) this.#init.logger.debug('net.dial-failing', { bootstrap: target.bootstrap })
    if (!target.bootstrap && target.key !== undefined && target.failures >= FORGET_AFTER) this.#known.delete(target.key)
  }

  // NET-34: somebody answers and speaks no word that we understand: it may hold another secret, or none.
  #judge(target: Target, error: unknown): void {
    const foreign = error instanceof Error && error.name === 'EncryptionFailedError'
    if (foreign && !target.foreign) {
      this.#init.logger.warn('net.other-secret', {
        reason: 'a peer answers and no keys can be agreed on: it may hold another secret, or none',
        address: target.addresses[0] ?? null,
      })
    }
    target.foreign = foreign
  }

  // Room for somebody new: the one that fails most often goes.
  #evict(): boolean {
    let worst: Target | undefined
    for (const target of this.#known.values()) {
      if (target.dialing || this.#isReached(target)) continue
      if (worst === undefined || target.failures > worst.failures) worst = target
    }
    return worst?.key !== undefined && this.#known.delete(worst.key)
  }
}

function fresh(addresses: readonly string[], key: AgentKey | undefined, nextAt: number): Target {
  return {
    addresses,
    key,
    bootstrap: false,
    foreign: false,
    failures: 0,
    nextAt,
    triedAt: Number.NEGATIVE_INFINITY,
    dialing: false,
  }
}
