import { agentFromText, agentText } from '@haggle/protocol'
import type { AgentKey } from '@haggle/protocol'
import { addressList, isObject, parsed } from './hello.ts'

/** Peers told of in one frame: enough for a newcomer to leave a star at once (NET-21). */
export const PEERS_TOLD = 16
/** 16 peers of up to 8 addresses. */
export const PEERS_BYTES = 32_768
const ADDRESSES = 8

export interface KnownPeer {
  readonly key: AgentKey
  readonly addresses: readonly string[]
}

/** A frame that tells of up to 16 peers and where they listen. */
export function peersBytes(peers: readonly KnownPeer[]): Uint8Array {
  const told = peers.slice(0, PEERS_TOLD)
  const list = told.map(({ key, addresses }) => ({ peer: agentText(key), addresses: addresses.slice(0, ADDRESSES) }))
  return Buffer.from(JSON.stringify(list))
}

/** The peers of such a frame, or undefined when it is not one. */
export function peersFrom(bytes: Uint8Array): readonly KnownPeer[] | undefined {
  if (bytes.length > PEERS_BYTES) return undefined
  const list = parsed(bytes)
  if (!Array.isArray(list) || list.length > PEERS_TOLD) return undefined
  const peers: KnownPeer[] = []
  for (const item of list) {
    if (!isObject(item) || typeof item['peer'] !== 'string') return undefined
    const key = agentFromText(item['peer'])
    const addresses = addressList(item['addresses'])
    if (key === undefined || addresses === undefined) return undefined
    peers.push({ key, addresses: addresses.slice(0, ADDRESSES) })
  }
  return peers
}
