import type { AgentKey } from '@haggle/protocol'

/** Signs for one agent. Synchronous and pure: equal bytes give equal signatures. */
export interface Signer {
  readonly key: AgentKey
  /** Ed25519 over exactly these bytes; 64 bytes. */
  sign(message: Uint8Array): Uint8Array
}

/** Ed25519 verification of one message; the protocol's strict pre-check comes before it. */
export type Verify = (key: AgentKey, message: Uint8Array, signature: Uint8Array) => boolean
