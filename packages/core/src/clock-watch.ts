import { bounds, type AgentKey, type DurationMs, type Instant } from '@haggle/protocol'
import type { EngineEvent } from './event.ts'
import type { Now } from './input.ts'

/** TIME-25: what a clock is moved by within this span, in steps of less than ε, is slewing and no jump. */
const SLEWED_WITHIN_MS: DurationMs = 600_000
/** TIME-27: how often it is looked whether the clocks agree again. */
const LOOK_AGAIN_MS: DurationMs = 1_000
/** TIME-26: fewer peers than this outvote nobody. */
const QUORUM = 3
/** Both clocks are cut to whole milliseconds, each at its own moment: their difference flickers by this much. */
const FLICKER_MS: DurationMs = 1

/** Why an agent does not trust its own wall clock, and by how much that clock seems to be ahead. */
export interface ClockDoubt {
  readonly cause: 'jump' | 'peers'
  readonly offMs: number
}

type ClockEvent = Extract<EngineEvent, { event: 'clock' }>

/** What a watch has seen, by the names of its parts. */
export interface ClockMemory {
  readonly trusted: number | null
  readonly trustedAt: Instant
  readonly comparedOffset: number | null
  readonly lookedAt: Instant
  readonly doubt: ClockDoubt | null
  readonly peers: Map<AgentKey, number>
  readonly told: Map<AgentKey, true>
}

/** The own wall clock and the peers', as far as they can be compared. Soft: a restart measures anew. */
export class ClockWatch {
  /** Our wall clock less our monotonic one, as it was when nothing spoke against it. */
  #trusted: number | null
  #trustedAt: Instant
  #comparedOffset: number | null
  #lookedAt: Instant
  #doubt: ClockDoubt | null
  /** By peer: its wall clock less our monotonic one. What our wall clock does later is seen against it. */
  readonly #peers: Map<AgentKey, number>
  /** Peers whose clock was told to be off: each is told of once, however often it comes back. */
  readonly #told: Map<AgentKey, true>

  /** A watch that has seen nothing yet, or the one that a memory is of. */
  constructor(memory?: ClockMemory) {
    this.#trusted = memory?.trusted ?? null
    this.#trustedAt = memory?.trustedAt ?? 0
    this.#comparedOffset = memory?.comparedOffset ?? null
    this.#lookedAt = memory?.lookedAt ?? 0
    this.#doubt = memory?.doubt ?? null
    this.#peers = memory?.peers ?? new Map()
    this.#told = memory?.told ?? new Map()
  }

  memory(): ClockMemory {
    return {
      trusted: this.#trusted,
      trustedAt: this.#trustedAt,
      comparedOffset: this.#comparedOffset,
      lookedAt: this.#lookedAt,
      doubt: this.#doubt,
      peers: this.#peers,
      told: this.#told,
    }
  }

  /** Null while nothing speaks against our wall clock. */
  get doubt(): ClockDoubt | null {
    return this.#doubt
  }

  /** TIME-25: compares the clocks before anything else is decided in this moment; returns what its user must know. */
  look(now: Now, epsilonMs: DurationMs): readonly ClockEvent[] {
    const offset = now.wall - now.mono
    this.#trusted ??= offset
    this.#lookedAt = now.mono
    const same = this.#comparedOffset !== null && Math.abs(offset - this.#comparedOffset) <= FLICKER_MS
    const events = same && this.#doubt === null ? [] : this.#compare(now, offset, epsilonMs)
    if (this.#doubt === null && now.mono - this.#trustedAt >= SLEWED_WITHIN_MS) {
      // What our clock was slewed by since, it was slewed towards the others: what was measured still holds.
      for (const [peer, theirs] of this.#peers) this.#peers.set(peer, theirs + offset - this.#trusted)
      this.#trust(offset, now.mono)
    }
    return events
  }

  /** A peer's wall clock less ours, as a handshake of this round trip showed it. */
  heard(
    now: Now,
    peer: AgentKey,
    measured: { readonly clockSkewMs: number; readonly rttMs: DurationMs },
    epsilonMs: DurationMs,
  ): readonly ClockEvent[] {
    const offset = now.wall - now.mono
    // Half the round trip may be the way's and not the clock's: only what is certain counts.
    const certain = Math.max(0, Math.abs(measured.clockSkewMs) - Math.ceil(measured.rttMs / 2))
    this.#peers.set(peer, Math.sign(measured.clockSkewMs) * certain + offset)
    return this.#compare(now, offset, epsilonMs)
  }

  gone(peer: AgentKey): void {
    this.#peers.delete(peer)
  }

  /** A connected peer's wall clock less ours, as far as that is certain; null where none was measured. */
  skewOf(peer: AgentKey): number | null {
    const theirs = this.#peers.get(peer)
    return theirs === undefined || this.#comparedOffset === null ? null : theirs - this.#comparedOffset
  }

  /** TIME-27: while the clocks disagree somebody has to look again. */
  nextLook(): Instant | null {
    return this.#doubt === null ? null : this.#lookedAt + LOOK_AGAIN_MS
  }

  #compare(now: Now, offset: number, epsilonMs: DurationMs): readonly ClockEvent[] {
    this.#comparedOffset = offset
    const before = this.#doubt
    this.#doubt = this.#judge(offset, epsilonMs)
    const { doubt } = this
    if (before !== null && doubt === null) this.#trust(offset, now.mono)
    const own: ClockEvent[] = []
    const changed = doubt ?? before
    if (changed !== null && (doubt === null) !== (before === null)) {
      const offMs = doubt?.offMs ?? 0
      own.push({
        event: 'clock',
        at: now.wall,
        who: 'own',
        peer: null,
        cause: changed.cause,
        offMs,
        agrees: doubt === null,
      })
    }
    return [...own, ...this.#peersOff(now, offset, epsilonMs)]
  }

  #trust(offset: number, mono: Instant): void {
    this.#trusted = offset
    this.#trustedAt = mono
  }

  #judge(offset: number, epsilonMs: DurationMs): ClockDoubt | null {
    const skews = [...this.#peers.values()].map((theirs) => theirs - offset).toSorted((a, b) => a - b)
    const jump = offset - (this.#trusted ?? offset)
    const median = skews.length >= QUORUM ? medianOf(skews) : null
    const outvoted = median !== null && Math.abs(median) > 2 * epsilonMs
    if (this.#doubt === null) {
      if (Math.abs(jump) > epsilonMs) return { cause: 'jump', offMs: jump }
      return outvoted ? { cause: 'peers', offMs: -median } : null
    }
    if (outvoted) return { cause: this.#doubt.cause, offMs: -median }
    // TIME-27: peers that are fewer than a quorum vouch for us only if all of them do.
    if (median !== null || (skews.length > 0 && skews.every((skew) => Math.abs(skew) <= 2 * epsilonMs))) return null
    if (this.#doubt.cause === 'jump') return Math.abs(jump) <= epsilonMs ? null : { cause: 'jump', offMs: jump }
    return this.#doubt
  }

  /** TIME-28: peers whose clock went wrong or came right. While our own is in doubt nobody else is blamed. */
  #peersOff(now: Now, offset: number, epsilonMs: DurationMs): ClockEvent[] {
    if (this.#doubt !== null) return []
    const events: ClockEvent[] = []
    for (const [peer, theirs] of this.#peers) {
      const skew = theirs - offset
      const off = Math.abs(skew) > 2 * epsilonMs
      if (off === this.#told.has(peer)) continue
      if (off) this.#told.set(peer, true)
      else this.#told.delete(peer)
      const offMs = off ? skew : 0
      events.push({ event: 'clock', at: now.wall, who: 'peer', peer, cause: 'peers', offMs, agrees: !off })
    }
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= bounds.peersInBook) break
      this.#told.delete(oldest)
    }
    return events
  }
}

/** The middle of a sorted list; of two middles the one nearer to zero, so that one liar more moves nothing. */
function medianOf(sorted: readonly number[]): number {
  const high = sorted[Math.floor(sorted.length / 2)] ?? 0
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  return Math.abs(low) < Math.abs(high) ? low : high
}
