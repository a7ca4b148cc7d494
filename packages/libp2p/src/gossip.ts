import { gossipsub, StrictNoSign, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { GossipSub, GossipSubComponents, GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import { createTopicScoreParams } from '@chainsafe/libp2p-gossipsub/score'
import type { PeerId } from '@libp2p/interface'
import { HaggleError, limits } from '@haggle/protocol'
import type { AgentKey } from '@haggle/protocol'
import type { GossipVerdict } from '@haggle/ports'
import { messageDigest } from './message-id.ts'
import { canForward, PassingOn } from './passing-on.ts'
import type { Forwarding } from './passing-on.ts'
import { keyOfPeer } from './peer-key.ts'
import { timings } from './timings.ts'

/** NET-63: messages that wait to be looked at: of one peer, and of all before those who have many waiting get no more in. */
const WAITING = { ofPeer: 512, ofAll: 1_024, few: 16 }
/** NET-12: printable, so no zero byte, and short. */
const TOPIC = /^[\x21-\x7e]{1,256}$/

const verdicts: Readonly<Record<GossipVerdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  waste: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

/**
 * NET-13: what every topic's part of a peer's score is made of. Ten rejected messages silence a peer; half is forgiven in 7 s. Delivery
 * quotas are off: they would punish the peers of a quiet topic.
 */
const topicScore = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1_000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.1,
  firstMessageDeliveriesDecay: 0.5,
  firstMessageDeliveriesCap: 30,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: 0.9,
}

export type GossipHandler = (topic: string, from: AgentKey, bytes: Uint8Array) => GossipVerdict | Promise<GossipVerdict>

export interface GossipHandlers {
  readonly handle: GossipHandler
  /** Called for each message that was of no use. */
  readonly wasted: (from: AgentKey) => void
  /** Called for those of them that nobody looked at. */
  readonly overrun: (from: AgentKey) => void
}

/** Gossip by topic on gossipsub: NET-10 to NET-14. */
export class Gossip {
  readonly #pubsub: GossipSub
  readonly #handle: GossipHandler
  readonly #subscribed: Set<string>
  readonly #inside: GossipInside
  readonly #wasted: (from: AgentKey) => void
  readonly #overrun: (from: AgentKey) => void
  readonly #passingOn: PassingOn
  readonly #waiting = new Map<AgentKey, number>()
  #allWaiting = 0

  /** `subscribed` is shared with `gossipOptions`: the topics that we listen to. */
  constructor(pubsub: GossipSub, subscribed: Set<string>, { handle, wasted, overrun }: GossipHandlers) {
    this.#pubsub = pubsub
    this.#subscribed = subscribed
    this.#handle = handle
    this.#wasted = wasted
    this.#overrun = overrun
    this.#inside = insideOf(pubsub)
    this.#passingOn = new PassingOn(this.#inside)
  }

  subscribe(topic: string): void {
    if (!TOPIC.test(topic)) throw new TypeError(`not a topic: ${JSON.stringify(topic)}`)
    if (this.#subscribed.has(topic)) return
    this.#subscribed.add(topic)
    this.#inside.opts.scoreParams.topics[topic] ??= createTopicScoreParams(topicScore)
    this.#pubsub.topicValidators.set(topic, async (peer, message) => {
      const from = keyOfPeer(peer)
      if (from === undefined) return TopicValidatorResult.Ignore
      const verdict = await this.#judged(topic, from, message.data)
      if (verdict === 'waste') this.#wasted(from)
      return verdicts[verdict]
    })
    this.#pubsub.subscribe(topic)
  }

  /** NET-63: who has many messages waiting keeps nobody out who has few. */
  async #judged(topic: string, from: AgentKey, bytes: Uint8Array): Promise<GossipVerdict> {
    const waiting = this.#waiting.get(from) ?? 0
    if (waiting >= WAITING.ofPeer || (this.#allWaiting >= WAITING.ofAll && waiting >= WAITING.few)) {
      this.#overrun(from)
      return 'waste'
    }
    this.#waiting.set(from, waiting + 1)
    this.#allWaiting += 1
    try {
      return await this.#handle(topic, from, bytes)
    } finally {
      this.#allWaiting -= 1
      const left = (this.#waiting.get(from) ?? 1) - 1
      if (left > 0) this.#waiting.set(from, left)
      else this.#waiting.delete(from)
    }
  }

  unsubscribe(topic: string): void {
    if (!this.#subscribed.delete(topic)) return
    this.#pubsub.unsubscribe(topic)
    this.#pubsub.topicValidators.delete(topic)
  }

  /** Passes on what waits, and nothing after it. */
  stop(): void {
    this.#passingOn.stop()
  }

  // NET-14: a peer's subscriptions may arrive before our own stream to it is open; until then nothing that we publish reaches it.
  listeners(topic: string): number {
    return this.#pubsub.getSubscribers(topic).filter((peer) => this.reaches(peer)).length
  }

  /** True when our gossip stream to a peer is open. */
  reaches(peer: PeerId): boolean {
    return this.#inside.streamsOutbound.has(peer.toString())
  }

  /** Calls `changed` when a peer begins or ceases to listen to something; the function returned ends that. */
  watch(changed: () => void): () => void {
    this.#pubsub.addEventListener('subscription-change', changed)
    return () => this.#pubsub.removeEventListener('subscription-change', changed)
  }

  async publish(topic: string, bytes: Uint8Array): Promise<{ readonly recipients: number }> {
    if (bytes.length > limits.recordBytes) {
      throw new HaggleError(
        'net/too-large',
        `A gossip message of ${bytes.length} bytes; at most ${limits.recordBytes} pass.`,
        {
          next: 'Make the record smaller: payloads travel by hash.',
          detail: { size: bytes.length, limit: limits.recordBytes },
        },
      )
    }
    // NET-14: gossip would count a message that reached nobody as seen, and drop it when it is published again.
    if (this.listeners(topic) === 0) return { recipients: 0 }
    const { recipients } = await this.#pubsub.publish(topic, bytes)
    return { recipients: recipients.length }
  }
}

/** Makes the gossip service of a node. `subscribed` is read whenever a message comes. */
export function gossipService(subscribed: ReadonlySet<string>): (components: GossipSubComponents) => GossipSub {
  return gossipsub(gossipOptions(subscribed))
}

function gossipOptions(subscribed: ReadonlySet<string>): Partial<GossipsubOpts> {
  return {
    // NET-10: records are signed by their authors; both sides must have the same policy or nothing arrives, silently.
    globalSignaturePolicy: StrictNoSign,
    fallbackToFloodsub: false,
    msgIdFn: (message) => messageDigest(message.topic, message.data),
    fastMsgIdFn: (message) => messageDigest(message.topic, message.data ?? new Uint8Array()).toString('base64'),
    msgIdToStrFn: (id) => Buffer.from(id).toString('base64'),
    // NET-12: a fixed list of topics is not known here, so this refuses other people's topics before they leave a trace.
    dataTransform: {
      inboundTransform: (topic, bytes) => {
        if (!subscribed.has(topic) || bytes.length > limits.recordBytes) throw new Error('not for us, or too large')
        return bytes
      },
      outboundTransform: (_topic, bytes) => bytes,
    },
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    // NET-79: what is accepted is passed on by us, a moment later.
    asyncValidation: true,
    // NET-78: every copy beyond the first costs its receiver as much as the first, and so does every list of ids that are known already.
    D: 3,
    // Nobody asks for more than it has to, and everybody has room for those who ask: with more asked for, or less room, those who join
    // last find all whom they know full, and hear by lists of ids alone.
    Dlo: 2,
    Dhi: 12,
    Dout: 1,
    Dscore: 2,
    Dlazy: 3,
    // Lists for a part of all peers would grow with a flood of keys as with what it says.
    gossipFactor: 0,
    heartbeatInterval: timings.gossipLookMs,
    // A record is smaller than what it saves to say that it need not come again.
    idontwantMinDataSize: 16_384,
    // Everybody who listens gets it from us at once: in a mesh of a few nodes there is no second hop to wait for.
    floodPublish: true,
    batchPublish: true,
    emitSelf: false,
    doPX: false,
    tagMeshPeers: false,
    maxInboundStreams: 8,
    maxOutboundStreams: 8,
    // NET-40: a peer for which more waits than this loses its stream, and then its connection (NET-09).
    maxOutboundBufferSize: 393_216,
    // A peer may listen to every shard (1,024) and the topics beside them.
    maxTopicBytesPerPeer: 2_097_152,
    decodeRpcLimits: {
      maxSubscriptions: 2_048,
      maxMessages: 1_024,
      maxIhaveMessageIDs: 5_000,
      maxIwantMessageIDs: 5_000,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 2_048,
      maxPeerInfos: 16,
    },
    scoreParams: {
      // Agents of one machine or behind one NAT share an address and are no attack for that.
      IPColocationFactorWeight: 0,
      // A busy machine answers an IWANT late now and then.
      behaviourPenaltyThreshold: 6,
      topicScoreCap: 10,
      retainScore: 600_000,
    },
  }
}

/**
 * What we need of gossipsub beside its interface; all of it is public on its class. Topics come and go while it takes their score params
 * only when it is made, and it does not say to whom it has a stream.
 */
interface GossipInside extends Forwarding {
  readonly opts: {
    readonly scoreParams: { readonly topics: Record<string, ReturnType<typeof createTopicScoreParams>> }
  }
  readonly streamsOutbound: ReadonlyMap<string, unknown>
}

function insideOf(pubsub: object): GossipInside {
  if (!hasInside(pubsub)) throw new Error('this gossipsub is not the one that was tried')
  return pubsub
}

function hasInside(pubsub: object): pubsub is GossipInside {
  const opts: unknown = 'opts' in pubsub ? pubsub.opts : undefined
  const score: unknown =
    typeof opts === 'object' && opts !== null && 'scoreParams' in opts ? opts.scoreParams : undefined
  const hasTopics = typeof score === 'object' && score !== null && 'topics' in score && typeof score.topics === 'object'
  const hasStreams = 'streamsOutbound' in pubsub && pubsub.streamsOutbound instanceof Map
  return hasTopics && hasStreams && canForward(pubsub)
}
