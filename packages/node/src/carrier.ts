import { encodeFrame, encodeWire, limits } from '@haggle/protocol'
import type {
  AgentKey,
  ControlFrame,
  HaggleRecord,
  NetworkId,
  PayloadHash,
  RecordId,
  Violation,
} from '@haggle/protocol'
import type { Blobs, Logger, Metrics, Network, Phase } from '@haggle/ports'
import type { Effect } from '@haggle/core'
import { HaggleError } from '@haggle/protocol'
import { Outbox, type Parcel } from './outbox.ts'
import { phaseOf, type TaskIndex } from './task-index.ts'
import type { SealDesk } from './seal-desk.ts'
import { topicName } from './topic-name.ts'
import type { Wanted } from './payload-fetch.ts'

export interface CarrierParts {
  readonly network: Network
  readonly blobs: Blobs
  readonly logger: Logger
  readonly metrics: Metrics
  readonly index: TaskIndex
  readonly networkId: NetworkId
  readonly fetch: (wanted: Wanted) => void
  readonly seals: SealDesk
}

/** Effects that leave this process; the others stay with the driver. */
export type Outgoing = Exclude<Effect, { readonly kind: 'persist' | 'notify' | 'request' }>

/** Carries out what the engine wants done outside. Only called when everything before it is on disk. */
export class Carrier {
  readonly #parts: CarrierParts
  readonly #outbox: Outbox

  constructor(parts: CarrierParts) {
    this.#parts = parts
    this.#outbox = new Outbox(parts.network, (to, parcel) => this.#sendParcel(to, parcel))
  }

  async carry(effect: Outgoing): Promise<void> {
    const { network, networkId } = this.#parts
    switch (effect.kind) {
      case 'publish':
        this.#publish(topicName(effect.topic, networkId), effect.record)
        return
      case 'send':
        await this.#send(effect.to, effect.records, effect.payload)
        return
      case 'send-frame':
        this.#sendFrame(effect.to, effect.frame)
        return
      case 'fetch':
        this.#parts.fetch({ hash: effect.hash, size: effect.size, from: effect.from })
        return
      case 'open-seal':
        this.#parts.seals.open(effect)
        return
      case 'find-key':
        this.#parts.seals.find(effect)
        return
      case 'subscribe':
        network.subscribe(topicName(effect.topic, networkId))
        return
      case 'unsubscribe':
        network.unsubscribe(topicName(effect.topic, networkId))
        return
      case 'report':
        this.report(effect.peer, effect.violation, effect.record)
    }
  }

  /** Names what a peer did; the note may hold its text and stays at debug. */
  report(peer: AgentKey, violation: Violation, record: RecordId | null): void {
    const { logger } = this.#parts
    logger.warn('violation', { peer, code: violation.code, record })
    logger.debug('violation-note', { peer, note: violation.note })
  }

  /** A record that nobody could hear stays on the engine's board, which hands it to every peer that comes: no retry here. */
  #publish(topic: string, record: HaggleRecord): void {
    const { network, logger, metrics, index } = this.#parts
    const bytes = encodeWire(record)
    const phase = phaseOf(record.type)
    const task = index.taskOf(record)
    if (record.type === 'advert') metrics.count('signatures', 1, phase, null)
    network.publish(topic, bytes).then(
      ({ recipients }) => {
        metrics.count('messages-out', recipients, phase, task)
        metrics.count('bytes-out', recipients * bytes.length, phase, task)
        logger.debug('published', { type: record.type, recipients })
        if (recipients === 0 && record.type !== 'advert') this.#sendToAll(record, bytes)
      },
      (error: unknown) => logger.warn('publish-failed', { type: record.type, code: codeOf(error) }),
    )
  }

  /** A peer that is up may not have told yet what it listens to: gossip that reached nobody goes straight to everybody. */
  #sendToAll(record: HaggleRecord, bytes: Uint8Array): void {
    for (const peer of this.#parts.network.peers()) {
      if (!this.#sendRecords(peer.key, [record], [bytes], [])) this.#notSent(peer.key)
    }
  }

  async #send(to: AgentKey, records: readonly HaggleRecord[], payload: PayloadHash | null): Promise<void> {
    let room = limits.frameBytes - ENVELOPE - (payload === null ? 0 : limits.inlineBytes)
    let part: HaggleRecord[] = []
    let beside = payload
    const flush = async (): Promise<void> => {
      if (part.length === 0) return
      // A peer that is gone or does not read learns everything by tip and digest when it comes back.
      if (!(await this.#outbox.put(to, { records: part, payload: beside }))) this.#notSent(to)
      part = []
      beside = null
      room = limits.frameBytes - ENVELOPE
    }
    for (const record of records) {
      const size = record.wireLength + HEAD
      if (size > room || part.length >= limits.frameRecords) await flush()
      room -= size
      part.push(record)
    }
    await flush()
  }

  async #sendParcel(to: AgentKey, { records, payload }: Parcel): Promise<boolean> {
    const inline = payload === null ? undefined : await this.#inline(payload)
    return this.#sendRecords(to, records, records.map(encodeWire), inline === undefined ? [] : [inline])
  }

  /** A payload up to the inline limit travels in the frame of the record that names it; a larger one is asked for. */
  async #inline(hash: PayloadHash): Promise<Uint8Array | undefined> {
    const { blobs, logger } = this.#parts
    try {
      const size = await blobs.size(hash)
      if (size === undefined || size > limits.inlineBytes) return undefined
      const bytes = new Uint8Array(size)
      let at = 0
      for await (const chunk of blobs.read(hash)) {
        bytes.set(chunk, at)
        at += chunk.length
      }
      return bytes
    } catch (error) {
      // The peer asks for it by its hash; the record itself must not wait for a disk that answers no more.
      logger.warn('payload-unreadable', { hash, code: codeOf(error) })
      return undefined
    }
  }

  #sendRecords(
    to: AgentKey,
    records: readonly HaggleRecord[],
    wires: readonly Uint8Array[],
    payloads: readonly Uint8Array[],
  ): boolean {
    const frame = encodeFrame({ kind: 'records', records: wires, payloads })
    if (wires.length === 0) return true
    if (!this.#parts.network.send(to, frame)) return false
    const { metrics, index } = this.#parts
    // TAX-02: one message, of the task of its first record; each record's bytes are its own, what is around them the first's.
    let around = wires.reduce((left, wire) => left - wire.length, frame.length)
    for (const [at, record] of records.entries()) {
      const phase = phaseOf(record.type)
      const task = index.taskOf(record)
      if (at === 0) metrics.count('messages-out', 1, phase, task)
      metrics.count('bytes-out', (wires[at]?.length ?? 0) + around, phase, task)
      around = 0
    }
    return true
  }

  #sendFrame(to: AgentKey, frame: ControlFrame): void {
    const { index, metrics } = this.#parts
    const task = 'contract' in frame ? index.taskOfContract(frame.contract) : null
    const bytes = encodeFrame(frame)
    if (!this.#parts.network.send(to, bytes)) {
      this.#notSent(to)
      return
    }
    metrics.count('messages-out', 1, phaseOfFrame(frame), task)
    metrics.count('bytes-out', bytes.length, phaseOfFrame(frame), task)
  }

  /** A peer that is gone or does not read learns everything by tip and digest when it comes back. */
  #notSent(to: AgentKey): void {
    this.#parts.logger.debug('not-sent', { peer: to })
  }
}

/** Bytes of a frame around its records and payloads, generously: heads of lists, kind and one inline payload. */
const ENVELOPE = 256
/** Bytes of the head of a record in a frame. */
const HEAD = 8

/** Heartbeats belong to the work; tips and digests keep everything together. */
export function phaseOfFrame(frame: ControlFrame): Phase {
  return frame.kind === 'heartbeat' || frame.kind === 'heartbeat-ack' ? 'work' : 'overhead'
}

function codeOf(error: unknown): string {
  return error instanceof HaggleError ? error.code : 'unknown'
}
