import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { agentFromText, agentText } from '@haggle/protocol'
import type { AgentKey } from '@haggle/protocol'

// A base58 decode costs more than the rest of a gossip delivery's bookkeeping, and the same few peers come again.
const REMEMBERED = 1_024
const keys = new Map<string, AgentKey>()

/** The agent behind a libp2p peer, or undefined: agents are Ed25519 keys, nothing else (NET-01). */
export function keyOfPeer(peer: PeerId): AgentKey | undefined {
  const text = peer.toString()
  const known = keys.get(text)
  if (known !== undefined) return known
  const key = agentFromText(text)
  if (key === undefined) return undefined
  if (keys.size >= REMEMBERED) keys.clear()
  keys.set(text, key)
  return key
}

/** The libp2p peer of an agent. */
export function peerOfKey(key: AgentKey): PeerId {
  return peerIdFromString(agentText(key))
}
