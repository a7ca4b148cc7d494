import { performance } from 'node:perf_hooks'
import { TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { GossipSub, GossipsubMessage } from '@chainsafe/libp2p-gossipsub'
import type { DurationMs } from '@haggle/protocol'
import { timings } from './timings.ts'

/** With more than this nothing waits any longer: a packet of it is far smaller than what may wait for one peer (NET-40). */
const MOST = { messages: 256, bytes: 65_536 }

/** What gossipsub sends to a peer: messages, or something else, which is not held back. */
interface Rpc {
  readonly messages: unknown[]
  readonly control?: unknown
}

/** What we need of gossipsub beside its interface; all of it is there on its class. */
export interface Forwarding extends GossipSub {
  sendRpc: (to: string, rpc: Rpc) => boolean
  readonly reportMessageValidationResult: (id: string, from: string, verdict: TopicValidatorResult) => void
}

/** Whether a gossipsub has what `PassingOn` needs. */
export function canForward(pubsub: object): boolean {
  return ['sendRpc', 'reportMessageValidationResult'].every((name) => typeof Reflect.get(pubsub, name) === 'function')
}

/**
 * NET-79: passes on what was accepted: at once, and on a machine that is behind with its work after twice as long as it was late of late.
 * Who sends a message meanwhile does not get it back, and all that one peer gets goes in one packet.
 */
export class PassingOn {
  readonly #pubsub: Forwarding
  readonly #send: Forwarding['sendRpc']
  #accepted: { readonly id: string; readonly from: string }[] = []
  #bytes = 0
  /** By peer, while what was accepted is passed on. */
  #packets: Map<string, Rpc> | undefined
  #timer: NodeJS.Timeout | undefined
  #waitMs: DurationMs = 0

  constructor(pubsub: Forwarding) {
    this.#pubsub = pubsub
    this.#send = pubsub.sendRpc.bind(pubsub)
    pubsub.sendRpc = (to, rpc) => this.#pack(to, rpc)
    pubsub.addEventListener('gossipsub:message', this.#accept)
  }

  /** Passes on what waits, and nothing after it. */
  stop(): void {
    this.#pubsub.removeEventListener('gossipsub:message', this.#accept)
    this.#passOn()
  }

  readonly #accept = ({ detail }: CustomEvent<GossipsubMessage>): void => {
    this.#accepted.push({ id: detail.msgId, from: detail.propagationSource.toString() })
    this.#bytes += detail.msg.data.length
    if (this.#accepted.length >= MOST.messages || this.#bytes >= MOST.bytes) this.#passOn()
    else this.#timer ??= this.#wait(performance.now() + this.#waitMs)
  }

  #wait(due: number): NodeJS.Timeout {
    return setTimeout(() => {
      const lateMs = performance.now() - due
      this.#waitMs = Math.min(timings.passOnMs, this.#waitMs / 2 + lateMs)
      this.#passOn()
    }, this.#waitMs)
  }

  #passOn(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const accepted = this.#accepted
    this.#accepted = []
    this.#bytes = 0
    const packets = new Map<string, Rpc>()
    this.#packets = packets
    for (const { id, from } of accepted) {
      this.#pubsub.reportMessageValidationResult(id, from, TopicValidatorResult.Accept)
    }
    this.#packets = undefined
    for (const [to, rpc] of packets) this.#send(to, rpc)
  }

  #pack(to: string, rpc: Rpc): boolean {
    const packets = this.#packets
    if (packets === undefined || rpc.control !== undefined) return this.#send(to, rpc)
    const packet = packets.get(to)
    if (packet === undefined) packets.set(to, rpc)
    else packet.messages.push(...rpc.messages)
    return true
  }
}
