import type { AgentKey, PayloadHash } from '@haggle/protocol'
import type { BlobSource, GossipVerdict, NetworkHandlers, PeerInfo } from '@haggle/ports'

/** What a network told its user, in order. */
export interface Seen {
  readonly ups: PeerInfo[]
  readonly downs: AgentKey[]
  readonly frames: { readonly from: AgentKey; readonly bytes: Uint8Array }[]
  readonly gossip: { readonly topic: string; readonly from: AgentKey; readonly text: string }[]
  /** For how long each peer that was let go stays out. */
  readonly letGo: number[]
  /** Of whom each message came that was dropped unseen. */
  readonly overrun: AgentKey[]
  readonly mismatches: { readonly network: string; readonly differing: readonly string[] }[]
  /** The kinds of all of these, in the one order in which they came. */
  readonly order: ('up' | 'down' | 'frame' | 'gossip' | 'mismatch' | 'let-go' | 'overrun')[]
}

/** What the user of a network answers; where nothing is said, gossip is accepted and nothing is held. */
export interface Answers {
  readonly verdict?: (text: string) => GossipVerdict | Promise<GossipVerdict>
  readonly frame?: (from: AgentKey, bytes: Uint8Array) => void | Promise<void>
  readonly blob?: (hash: PayloadHash, from: AgentKey) => BlobSource | undefined
}

/** A user of a network that notes what it is told; `changed` is called after each event. */
export function hearing(
  answers: Answers = {},
  changed: () => void = () => {},
): { readonly seen: Seen; readonly handlers: NetworkHandlers } {
  const seen: Seen = { ups: [], downs: [], frames: [], gossip: [], letGo: [], overrun: [], mismatches: [], order: [] }
  const note = (kind: Seen['order'][number]): void => {
    seen.order.push(kind)
    changed()
  }
  const handlers: NetworkHandlers = {
    gossip(topic, from, bytes) {
      const text = Buffer.from(bytes).toString()
      seen.gossip.push({ topic, from, text })
      note('gossip')
      return answers.verdict?.(text) ?? 'accept'
    },
    async frame(from, bytes) {
      seen.frames.push({ from, bytes })
      note('frame')
      await answers.frame?.(from, bytes)
    },
    blob: (from, hash) => Promise.resolve(answers.blob?.(hash, from)),
    peerUp(peer) {
      seen.ups.push(peer)
      note('up')
    },
    peerDown(key) {
      seen.downs.push(key)
      note('down')
    },
    letGo(_key, outMs) {
      seen.letGo.push(outMs)
      note('let-go')
    },
    overrun(from) {
      seen.overrun.push(from)
      note('overrun')
    },
    mismatch(_key, network, differing) {
      seen.mismatches.push({ network, differing })
      note('mismatch')
    },
  }
  return { seen, handlers }
}
