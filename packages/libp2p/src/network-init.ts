import type { Hello, Logger } from '@haggle/ports'

/** The same with every default filled in. */
export type FilledInit = Libp2pNetworkInit & Required<Pick<Libp2pNetworkInit, 'maxPeers' | 'blobConcurrency'>>

/** What a network on libp2p is made of. */
export interface Libp2pNetworkInit {
  /** The agent's 32-byte Ed25519 seed: its key is its PeerId. */
  readonly privateKeySeed: Uint8Array
  /** What we tell a peer first; called for each, for its time. */
  hello(): Hello
  /** Multiaddrs to listen on; none listens nowhere and only dials. */
  readonly listen: readonly string[]
  /** Multiaddrs to dial, and to dial again for as long as the network runs. */
  readonly bootstrap: readonly string[]
  /** Look for peers on the LAN, and be found there. */
  readonly mdns: boolean
  readonly networkName: string
  readonly logger: Logger
  /** 32 bytes that all nodes of a private network hold: who does not hold them gets no further than a TCP connection. */
  readonly secret?: Uint8Array
  /** Peers kept at most; default `bounds.peers`. */
  readonly maxPeers?: number
  /** Payloads served at once, and as many fetched; default 8. */
  readonly blobConcurrency?: number
}
