import { sha256 } from '@noble/hashes/sha2.js'
import { encodeCanonical } from './cbor-writer.ts'
import { toHex } from './hex.ts'
import { limits } from './limits.ts'
import { name as networkName } from './records/common.ts'
import { MICRO, type NetworkId } from './units.ts'
import { utf8 } from './utf8.ts'

/** The protocol version that every record, topic and stream protocol of this code carries. */
export const PROTOCOL_VERSION = 1

/** Everything two nodes must agree on beside the network's name, as flat integers. */
export type ProtocolParams = Readonly<Record<string, number>>

/** The parameters of this version (ID-02). Nodes whose parameters differ have different network ids and never meet by accident. */
export const protocolParams = {
  ...limits,
  version: PROTOCOL_VERSION,
  /** One epoch: an hour, the grain of every decay. */
  epochMs: 3_600_000,
  /** Credit halves in 30 days: what a peer did last month still counts, last year's does not. */
  creditHalfLifeEpochs: 720,
  /** Faults halve in 120 days: longer than credit, so that hiding until it is forgotten does not pay. */
  faultHalfLifeEpochs: 2_880,
  /** Largest stake of a contract in the newcomer lane: 2 credits. */
  newcomerLimitMicro: 2 * MICRO,
  /** Stake that one viewer risks on all newcomers of an epoch together (B0): 20 credits, whatever their number. */
  newcomerBudgetMicro: 20 * MICRO,
  /** Quality's prior: 600 parts of success in a weight of 2,000, so that the unknown start at 300 permille. */
  qualityPriorSuccess: 600,
  qualityPriorWeight: 2_000,
  /** REP-11: successes that one approver which is no root can vouch for: what it says twice is no more proven than what it says once. */
  qualityPairSuccesses: 1,
  /** REP-03: agents farther from every root, counted in approvals, have no part in scores; evidence about them need not be kept. */
  creditHops: 4,
  /** REP-02: most credit of one agent with another, 100 credits: fifty newcomer stakes; nobody vouches for anybody without bound. */
  pairCreditCapMicro: 100 * MICRO,
  /** REP-06: what one contract party that is a root itself may have at risk: 1,000 credits, ten times the most that any other agent's word gives. */
  rootCapacityMicro: 1_000 * MICRO,
  /** REP-08: the share of its rank that an agent passes on; the rest begins anew at the roots. 85 in 100 is what the literature settled on. */
  rankDampingPercent: 85,
  /** REP-08: rounds of the ranking; what a further one would move is under 0.85^41, one part in 780. */
  rankRounds: 40,
  /** REP-08: all rank there is: 2^50, so that sums and halves of products stay exact in a double. */
  rankMass: 2 ** 50,
  /**
   * REP-10: rank with which an agent's approvals would weigh in full: all there is, 2^50. So what all strangers together say weighs as one
   * success, and no ring outweighs proven faults with its own praise. A smaller part, one in 64 say, would give each of 64 a full voice.
   */
  rankFullMass: 2 ** 50,
} as const satisfies ProtocolParams

/**
 * The network's id: SHA-256 of the canonical CBOR of ["haggle/network", name, [[key, value], …]], sorted by key (ID-01, ID-02).
 * Throws `TypeError` on a name that topics cannot carry or a parameter that is not a safe non-negative integer.
 */
export function networkIdOf(name: string, params: ProtocolParams): NetworkId {
  const entries = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  for (const [key, value] of entries) {
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`parameter ${key} is not a safe integer`)
  }
  if (!isNetworkName(name)) throw new TypeError(`not a network name: ${name}`)
  // The brand says: lower-case hexadecimal of 32 bytes, which a SHA-256 in hexadecimal is.
  return toHex(sha256(encodeCanonical(['haggle/network', name, entries]))) as NetworkId
}

/** Whether a text may name a network: what a topic, a file name and a shell all accept. */
export function isNetworkName(name: string): boolean {
  try {
    networkName.decode(name, 'network')
    return true
  } catch {
    return false
  }
}

/** The market shard of a skill (ENC-18): SHA-256 of its UTF-8 name, read as a big-endian integer, modulo `shards`. */
export function shardOf(skill: string): number {
  return sha256(utf8(skill)).reduce((rest, byte) => (rest * 256 + byte) % limits.shards, 0)
}
