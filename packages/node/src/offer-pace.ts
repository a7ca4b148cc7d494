import type { AgentKey, DurationMs, Instant } from '@haggle/protocol'
import type { Network } from '@haggle/ports'
import type { Partners } from './partners.ts'
import { TokenBucket, type BucketSize } from './token-bucket.ts'

/** NET-74: as many offers at once as one author may have, and then as many a second as a worker answers (NET-64). */
const OF_ORIGIN: BucketSize = { burst: 256, perSecond: 100 }
/** NET-75: what a peer that passes all of it on may bring without being let go (NET-60), though its own address has the pace of one. */
const OF_ALL: BucketSize = { burst: 1_024, perSecond: 500 }
/** NET-74: what a flood leaves to each of its neighbours: one that asks for the first time is heard. */
const OF_PEER: BucketSize = { burst: 2, perSecond: 1 }
/** Who waits looks again after this long: hundreds that look again for each token would cost more than the offers. */
const AGAIN_MS: DurationMs = 250
/** Addresses remembered, and peers. */
const MOST = 1_024

/**
 * NET-74: a new key costs nothing, an address does: offers that strangers of one address bring are taken at the pace of one, so a hundred
 * keys cost no more than a few.
 */
export class OfferPace {
  readonly #network: Pick<Network, 'originOf'>
  readonly #partners: Pick<Partners, 'has'>
  readonly #ofOrigin = new Map<string, TokenBucket>()
  readonly #ofPeer = new Map<string, TokenBucket>()
  readonly #ofAll = new TokenBucket(OF_ALL, 0)

  constructor(network: Pick<Network, 'originOf'>, partners: Pick<Partners, 'has'>) {
    this.#network = network
    this.#partners = partners
  }

  /** Milliseconds until the next offer of this peer may be taken; 0: now, and it is counted. `gone`: nobody is there to wait for. */
  take(from: AgentKey, now: Instant): DurationMs | 'gone' {
    if (this.#partners.has(from) || bucketOf(this.#ofPeer, from, OF_PEER, now).take(now) === 0) return 0
    const origin = this.#network.originOf?.(from)
    if (origin === undefined) return 0
    if (origin === null) return 'gone'
    const ofOrigin = bucketOf(this.#ofOrigin, origin, OF_ORIGIN, now)
    const waitMs = ofOrigin.take(now)
    if (waitMs > 0) return Math.max(AGAIN_MS, waitMs)
    if (this.#ofAll.take(now) === 0) return 0
    ofOrigin.giveBack()
    return AGAIN_MS
  }

  /** True when an offer of this peer would not be taken now. */
  isOver(from: AgentKey, now: Instant): boolean {
    if (this.#partners.has(from) || !bucketOf(this.#ofPeer, from, OF_PEER, now).isEmpty(now)) return false
    const origin = this.#network.originOf?.(from)
    if (origin === undefined || origin === null) return origin === null
    return bucketOf(this.#ofOrigin, origin, OF_ORIGIN, now).isEmpty(now) || this.#ofAll.isEmpty(now)
  }
}

/** The bucket under a name, a full one for a new name; only the names that were used longest ago are forgotten. */
function bucketOf(buckets: Map<string, TokenBucket>, name: string, size: BucketSize, now: Instant): TokenBucket {
  const bucket = buckets.get(name) ?? new TokenBucket(size, now)
  buckets.delete(name)
  buckets.set(name, bucket)
  const [oldest] = buckets.keys()
  if (buckets.size > MOST && oldest !== undefined) buckets.delete(oldest)
  return bucket
}
