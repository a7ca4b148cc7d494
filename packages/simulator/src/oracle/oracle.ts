import type { PayloadHash, RecordId } from '@haggle/protocol'
import type {
  Cast,
  Finding,
  Invariant,
  Moment,
  Observer,
  SeenFrame,
  SeenGossip,
  SeenRow,
  SeenStep,
  Who,
  WorldEnd,
} from './observer.ts'

/** Findings that are kept: the first says what is wrong, and a thousand more say nothing else. */
const MOST = 32
type AgentKeyed = SeenFrame['to']

/** Watches over all promises at once. */
export class Oracle implements Required<Observer> {
  readonly findings: Finding[] = []
  readonly #invariants: readonly Invariant[]
  readonly #observers: readonly Observer[]

  /** `others` look on too, and promise nothing. */
  constructor(invariants: readonly Invariant[], cast: Cast, others: readonly Observer[] = []) {
    this.#invariants = invariants
    this.#observers = [...invariants, ...others]
    for (const invariant of invariants) {
      invariant.begin(cast, (finding) => {
        if (this.findings.length < MOST) this.findings.push({ invariant: invariant.id, ...finding })
      })
    }
  }

  finish(end: WorldEnd): readonly Finding[] {
    for (const invariant of this.#invariants) invariant.finish?.(end)
    return this.findings
  }

  started(who: Who, now: Moment): void {
    for (const each of this.#observers) each.started?.(who, now)
  }

  ended(who: Who, now: Moment, how: 'crash' | 'stop' | 'halt'): void {
    for (const each of this.#observers) each.ended?.(who, now, how)
  }

  decided(who: Who, now: Moment, steps: readonly SeenStep[]): void {
    for (const each of this.#observers) each.decided?.(who, now, steps)
  }

  committed(who: Who, now: Moment, rows: readonly SeenRow[]): void {
    for (const each of this.#observers) each.committed?.(who, now, rows)
  }

  synced(who: Who, now: Moment, next: Readonly<Record<string, number>>): void {
    for (const each of this.#observers) each.synced?.(who, now, next)
  }

  survived(disk: number, now: Moment, next: Readonly<Record<string, number>>): void {
    for (const each of this.#observers) each.survived?.(disk, now, next)
  }

  copied(from: number, to: number, next: Readonly<Record<string, number>>): void {
    for (const each of this.#observers) each.copied?.(from, to, next)
  }

  sent(frame: SeenFrame, now: Moment): void {
    for (const each of this.#observers) each.sent?.(frame, now)
  }

  received(frame: SeenFrame, to: Who, now: Moment): void {
    for (const each of this.#observers) each.received?.(frame, to, now)
  }

  held(who: Who, now: Moment, hash: PayloadHash): void {
    for (const each of this.#observers) each.held?.(who, now, hash)
  }

  parted(who: Who, peer: AgentKeyed, now: Moment): void {
    for (const each of this.#observers) each.parted?.(who, peer, now)
  }

  published(from: Who, gossip: SeenGossip, now: Moment): void {
    for (const each of this.#observers) each.published?.(from, gossip, now)
  }

  heard(to: Who, from: AgentKeyed, gossip: SeenGossip, now: Moment): void {
    for (const each of this.#observers) each.heard?.(to, from, gossip, now)
  }

  requested(who: Who, now: Moment, kind: string, subject: RecordId): void {
    for (const each of this.#observers) each.requested?.(who, now, kind, subject)
  }

  commanded(who: Who, now: Moment, kind: string, refusal: string | null): void {
    for (const each of this.#observers) each.commanded?.(who, now, kind, refusal)
  }

  fault(now: number, name: string, agent: number | null): void {
    for (const each of this.#observers) each.fault?.(now, name, agent)
  }
}
