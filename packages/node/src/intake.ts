import { claimOf, decodeFrame } from '@haggle/protocol'
import type { AgentKey, ControlFrame, Frame, HaggleRecord, NetworkId, RecordsFrame, Violation } from '@haggle/protocol'
import type { Clock, GossipVerdict, Logger, Metrics } from '@haggle/ports'
import type { Effect, RefusalCode } from '@haggle/core'
import { phaseOfFrame } from './carrier.ts'
import type { Handled } from '@haggle/core'
import { FairTurns } from './fair-turns.ts'
import type { Partners } from './partners.ts'
import { marketTypes, verdictOfRefusal, verdictOfViolation, type Admission, type Allowance, type Gate } from './gate.ts'
import type { PayloadFetch } from './payload-fetch.ts'
import { phaseOf, type TaskIndex } from './task-index.ts'
import { topicOfName } from './topic-name.ts'

export interface IntakeParts {
  readonly gate: Gate
  readonly networkId: NetworkId
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly index: TaskIndex
  readonly payloads: PayloadFetch
  /** Hands a record to the engine; resolves with what it said, or null when it was dropped or the agent stops. */
  readonly record: (from: AgentKey, record: HaggleRecord, dropWhenFull: boolean) => Promise<Handled | null>
  readonly frame: (from: AgentKey, frame: ControlFrame) => void
  readonly report: (peer: AgentKey, violation: Violation) => void
  /** Resolves when the inbox has room: for direct frames, or for one more record of many. */
  readonly room: (below?: number) => Promise<void>
  /** With whom this agent has had contracts: noted here. */
  readonly partners: Partners
  readonly signal: AbortSignal
}

type Admitted = Extract<Admission, { readonly kind: 'record' }>

/** NET-63: inputs that may wait for the engine when the next record is looked at: what comes after it waits for no more than these. */
const MOST_AHEAD = 16

/** TAX-04: what the engine says to a record that it held before: its signature was checked once too often. */
const knownAlready: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'offer/held',
  'bid/duplicate',
  'award/known',
  'entry/known',
  'note/known',
])

/** Takes what peers send through the gate to the inbox. */
export class Intake {
  readonly #parts: IntakeParts
  readonly #turns: FairTurns
  readonly #sleeping = new Set<() => void>()

  constructor(parts: IntakeParts) {
    this.#parts = parts
    const { clock, signal } = parts
    this.#turns = new FairTurns({ clock, signal, room: () => parts.room(MOST_AHEAD) })
    // One listener for all who wait: they may be as many as there are peers.
    parts.signal.addEventListener('abort', () => {
      for (const wake of [...this.#sleeping]) wake()
    })
  }

  /** One gossip message: what to do with it is known once the engine has looked at it. */
  async gossip(topicText: string, from: AgentKey, bytes: Uint8Array): Promise<GossipVerdict> {
    const { gate, networkId, clock } = this.#parts
    const topic = topicOfName(topicText, networkId)
    if (topic === undefined) return 'ignore'
    const claim = claimOf(bytes)
    if (gate.isOver(from, claim?.type, clock.mono())) return this.#overQuota(from)
    if (!(await this.#turns.take(from, this.#when(from, claim, 'gossip')))) return 'ignore'
    const admission = gate.admit(from, bytes, topic, clock.mono())
    if (admission.kind === 'quota' || admission.kind === 'gone') return this.#overQuota(from)
    if (admission.kind === 'unwanted') return this.#unwanted(from)
    if (admission.kind === 'violation') {
      this.#broke(from, admission.violation)
      return verdictOfViolation(admission.violation)
    }
    this.#count(admission, 1, bytes.length)
    const handled = await this.#parts.record(from, admission.record, true)
    return handled === null ? 'ignore' : this.#verdict(from, admission, handled, 'gossip')
  }

  /** One direct frame. What it returns is back-pressure: the peer's next frame is read when it resolves. */
  async frame(from: AgentKey, bytes: Uint8Array): Promise<void> {
    const { metrics, index } = this.#parts
    const decoded = decodeFrame(bytes)
    const spends = decoded.ok ? this.#spends(decoded.frame) : 'records'
    if (spends !== null && !(await this.#paid(from, spends, bytes.length))) return
    if (!decoded.ok) {
      this.#parts.report(from, decoded.violation)
      return
    }
    const { frame } = decoded
    if (frame.kind === 'records') {
      await this.#records(from, frame, bytes.length)
    } else {
      const task = 'contract' in frame ? index.taskOfContract(frame.contract) : null
      metrics.count('messages-in', 1, phaseOfFrame(frame), task)
      metrics.count('bytes-in', bytes.length, phaseOfFrame(frame), task)
      this.#parts.frame(from, frame)
    }
    await this.#parts.room()
  }

  async #records(from: AgentKey, frame: RecordsFrame, size: number): Promise<void> {
    const { payloads } = this.#parts
    // TAX-02: the frame, with all that is in it beside records, is counted with its first record.
    let around = { messages: 1, bytes: frame.records.reduce((left, wire) => left - wire.length, size) }
    let beside = frame.payloads
    for (const wire of frame.records) {
      const admitted = await this.#admit(from, wire)
      if (admitted === undefined) continue
      // The payloads of a frame are taken with its first record; a frame without one brings none.
      for (const payload of beside) payloads.stash(payload)
      beside = []
      this.#count(admitted, around.messages, wire.length + around.bytes)
      around = { messages: 0, bytes: 0 }
      void this.#parts
        .record(from, admitted.record, false)
        .then((handled) => handled !== null && this.#verdict(from, admitted, handled, 'records'))
    }
  }

  /** NET-28 NET-41: what a frame costs its sender beside its records. */
  #spends(frame: Frame): keyof Allowance | null {
    if (frame.kind === 'records') return frame.records.length === 0 ? 'records' : null
    if (frame.kind === 'digest') return 'digests'
    if (frame.kind === 'want') return 'records'
    if (frame.kind === 'reconcile') return 'reconciling'
    return this.#parts.index.taskOfContract(frame.contract) === null ? 'records' : 'contracts'
  }

  /**
   * NET-63: what is said of contracts goes first, and what those say with whom we have had contracts: it comes from themselves, so the
   * claim of its author is as good as the connection. Whoever claims wrongly to speak of a contract spends its own quota.
   */
  #when(from: AgentKey, claim: ReturnType<typeof claimOf>, by: 'gossip' | 'records'): 'first' | 'then' {
    if (claim === undefined) return 'then'
    if (by === 'records' && !isOfMarket(claim.type)) return 'first'
    return claim.author === from && this.#parts.partners.has(from) ? 'first' : 'then'
  }

  /** Direct records are never dropped over quota: their sender waits. */
  async #admit(from: AgentKey, wire: Uint8Array): Promise<Admitted | undefined> {
    const { gate, clock } = this.#parts
    const when = this.#when(from, claimOf(wire), 'records')
    if (!(await this.#turns.take(from, when))) return undefined
    let admission = gate.admit(from, wire, null, clock.mono())
    while (admission.kind === 'quota') {
      this.#parts.metrics.tally('quota-refusals', from)
      if (!(await this.#slept(from, admission.waitMs)) || !(await this.#turns.take(from, when))) return undefined
      admission = gate.admit(from, wire, null, clock.mono())
    }
    if (admission.kind === 'record') return admission
    if (admission.kind === 'gone') this.#overQuota(from)
    else if (admission.kind === 'unwanted') this.#unwanted(from)
    else if (admission.kind === 'violation') this.#broke(from, admission.violation)
    return undefined
  }

  /** Pays for a frame that carries no record, which may take its time; false when the agent stops meanwhile. */
  async #paid(from: AgentKey, spends: keyof Allowance, bytes: number): Promise<boolean> {
    const { gate, clock } = this.#parts
    for (;;) {
      const waitMs = gate.admitFrame(from, spends, bytes, clock.mono())
      if (waitMs === 0) return true
      this.#parts.metrics.tally('quota-refusals', from)
      if (!(await this.#slept(from, waitMs))) return false
    }
  }

  /** False when the agent stops meanwhile. */
  #slept(peer: AgentKey, waitMs: number): Promise<boolean> {
    const { clock, logger, signal } = this.#parts
    if (signal.aborted) return Promise.resolve(false)
    logger.debug('slowed-down', { peer, waitMs })
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel()
        this.#sleeping.delete(wake)
        resolve(!signal.aborted)
      }
      const cancel = clock.alarm(clock.mono() + waitMs, wake)
      this.#sleeping.add(wake)
    })
  }

  #verdict(from: AgentKey, { record, verified }: Admitted, handled: Handled, by: 'gossip' | 'records'): GossipVerdict {
    if (verified && (handled.answer.ok || !knownAlready.has(handled.answer.refusal)))
      this.#parts.metrics.count('verifications-needed', 1, phaseOf(record.type), this.#parts.index.taskOf(record))
    const broken = handled.effects.filter(isReport).map((effect) => verdictOfViolation(effect.violation))
    if (broken.includes('reject')) return 'reject'
    if (broken.includes('ignore')) return 'ignore'
    if (!handled.answer.ok) {
      if (handled.answer.refusal === 'offer/quota') this.#unwanted(from)
      return verdictOfRefusal(handled.answer.refusal)
    }
    this.#parts.gate.useful(from, by)
    // Who only awards or accepts may leave it at that.
    if (record.type === 'deliver' || record.type === 'approve') this.#parts.partners.add(record.author)
    return 'accept'
  }

  #unwanted(from: AgentKey): GossipVerdict {
    this.#parts.metrics.tally('board-refusals', from)
    return 'waste'
  }

  #overQuota(from: AgentKey): GossipVerdict {
    this.#parts.metrics.tally('quota-refusals', from)
    return 'waste'
  }

  #broke(from: AgentKey, violation: Violation): void {
    // TAX-04: the check was done, for nothing; whose task the record named is anybody's claim.
    if (violation.code === 'record/signature') this.#parts.metrics.count('verifications', 1, 'overhead', null)
    this.#parts.report(from, violation)
  }

  #count({ record, verified }: Admitted, messages: number, size: number): void {
    const { metrics, index } = this.#parts
    const phase = phaseOf(record.type)
    const task = index.taskOf(record)
    metrics.count('messages-in', messages, phase, task)
    metrics.count('bytes-in', size, phase, task)
    if (verified) metrics.count('verifications', 1, phase, task)
  }
}

function isOfMarket(type: string): boolean {
  return type === 'advert' || marketTypes.has(type)
}

function isReport(effect: Effect): effect is Extract<Effect, { readonly kind: 'report' }> {
  return effect.kind === 'report'
}
