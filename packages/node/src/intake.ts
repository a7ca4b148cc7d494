import { decodeFrame } from '@haggle/protocol'
import type { AgentKey, ControlFrame, HaggleRecord, NetworkId, RecordsFrame, Violation } from '@haggle/protocol'
import type { Clock, GossipVerdict, Logger, Metrics } from '@haggle/ports'
import type { Effect } from '@haggle/core'
import { phaseOfFrame } from './carrier.ts'
import type { Handled } from '@haggle/core'
import { verdictOfRefusal, verdictOfViolation, type Gate } from './gate.ts'
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
  /** Resolves when the inbox has room for direct frames. */
  readonly room: () => Promise<void>
  readonly signal: AbortSignal
}

/** Takes what peers send through the gate to the inbox. */
export class Intake {
  readonly #parts: IntakeParts

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /** One gossip message: what to do with it is known once the engine has looked at it. */
  async gossip(topicText: string, from: AgentKey, bytes: Uint8Array): Promise<GossipVerdict> {
    const { gate, networkId, clock } = this.#parts
    const topic = topicOfName(topicText, networkId)
    if (topic === undefined) return 'ignore'
    const admission = gate.admit(from, bytes, topic, clock.mono())
    if (admission.kind === 'quota') return 'ignore'
    if (admission.kind === 'violation') {
      this.#parts.report(from, admission.violation)
      return verdictOfViolation(admission.violation)
    }
    this.#count(admission.record, bytes.length, admission.verified)
    const handled = await this.#parts.record(from, admission.record, true)
    return handled === null ? 'ignore' : this.#verdict(from, handled)
  }

  /** One direct frame. What it returns is back-pressure: the peer's next frame is read when it resolves. */
  async frame(from: AgentKey, bytes: Uint8Array): Promise<void> {
    const { metrics, index } = this.#parts
    const decoded = decodeFrame(bytes)
    if (!decoded.ok) {
      this.#parts.report(from, decoded.violation)
      return
    }
    const { frame } = decoded
    if (frame.kind === 'records') {
      await this.#records(from, frame)
    } else {
      const task = 'contract' in frame ? index.taskOfContract(frame.contract) : null
      metrics.count('messages-in', 1, phaseOfFrame(frame), task)
      metrics.count('bytes-in', bytes.length, phaseOfFrame(frame), task)
      this.#parts.frame(from, frame)
    }
    await this.#parts.room()
  }

  async #records(from: AgentKey, frame: RecordsFrame): Promise<void> {
    const { payloads } = this.#parts
    for (const payload of frame.payloads) payloads.stash(payload)
    for (const [index, wire] of frame.records.entries()) {
      const admitted = await this.#admit(from, wire)
      if (admitted === undefined) continue
      // The payloads of a frame are counted with its first record.
      const beside = index === 0 ? frame.payloads.reduce((sum, each) => sum + each.length, 0) : 0
      this.#count(admitted.record, wire.length + beside, admitted.verified)
      void this.#parts
        .record(from, admitted.record, false)
        .then((handled) => handled !== null && this.#verdict(from, handled))
    }
  }

  /** Direct records are never dropped over quota: their sender waits. */
  async #admit(from: AgentKey, wire: Uint8Array): Promise<{ record: HaggleRecord; verified: boolean } | undefined> {
    const { gate, clock, signal } = this.#parts
    for (;;) {
      const admission = gate.admit(from, wire, null, clock.mono())
      if (admission.kind === 'record') return admission
      if (admission.kind === 'violation') {
        this.#parts.report(from, admission.violation)
        return undefined
      }
      this.#parts.logger.debug('slowed-down', { peer: from, waitMs: admission.waitMs })
      const slept = await clock.sleep(admission.waitMs, signal).then(
        () => true,
        () => false,
      )
      if (!slept) return undefined
    }
  }

  #verdict(from: AgentKey, handled: Handled): GossipVerdict {
    const broken = handled.effects.filter(isReport).map((effect) => verdictOfViolation(effect.violation))
    if (broken.includes('reject')) return 'reject'
    if (broken.includes('ignore')) return 'ignore'
    if (!handled.answer.ok) return verdictOfRefusal(handled.answer.refusal)
    this.#parts.gate.useful(from)
    return 'accept'
  }

  #count(record: HaggleRecord, size: number, verified: boolean): void {
    const { metrics, index } = this.#parts
    const phase = phaseOf(record.type)
    const task = index.taskOf(record)
    metrics.count('messages-in', 1, phase, task)
    metrics.count('bytes-in', size, phase, task)
    if (verified) metrics.count('verifications', 1, phase, task)
  }
}

function isReport(effect: Effect): effect is Extract<Effect, { readonly kind: 'report' }> {
  return effect.kind === 'report'
}
