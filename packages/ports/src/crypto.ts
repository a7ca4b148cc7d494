import type { AgentKey } from '@haggle/protocol'

/** Signs for one agent, and opens what is sealed for it. Synchronous and pure: equal bytes give equal signatures. */
export interface Signer {
  readonly key: AgentKey
  /** Ed25519 over exactly these bytes; 64 bytes. */
  sign(message: Uint8Array): Uint8Array
  /** WIT-37: wraps the 32 bytes of a key for any agent. */
  readonly wrap: Wrap
  /** The key that was wrapped for this agent; null: it was wrapped for another one, or is damaged. */
  unwrap(wrapped: Uint8Array): Uint8Array | null
}

/**
 * 80 bytes out of which only that agent takes the key; equal for equal inputs, so that whoever is given the key can make them again. Null:
 * no agent has such a key.
 */
export type Wrap = (key: Uint8Array, to: AgentKey) => Uint8Array | null

/** Ed25519 verification of one message; the protocol's strict pre-check comes before it. */
export type Verify = (key: AgentKey, message: Uint8Array, signature: Uint8Array) => boolean
