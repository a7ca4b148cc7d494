/** Wall clock, milliseconds since the Unix epoch. Never compared with an `Instant`. */
export type Timestamp = number & { readonly unit?: 'wall-ms' }
/** Monotonic clock, milliseconds since an arbitrary start; meaningless outside one process. */
export type Instant = number & { readonly unit?: 'mono-ms' }
/** A span of time in milliseconds. */
export type DurationMs = number & { readonly unit?: 'span-ms' }
/** Credits of reputation times 10^6; always an integer below 2^53. */
export type MicroCredits = number & { readonly unit?: 'micro-credits' }

declare const brand: unique symbol
/** SHA-256 of a record's canonical bytes, lower-case hexadecimal; its text form for people is a CIDv1. */
export type RecordId = string & { readonly [brand]: 'record-id' }
/** SHA-256 of a payload, lower-case hexadecimal. */
export type PayloadHash = string & { readonly [brand]: 'payload-hash' }
/** A raw Ed25519 public key, lower-case hexadecimal; its text form for people is a libp2p PeerId. */
export type AgentKey = string & { readonly [brand]: 'agent-key' }
/** SHA-256 over a network's name and parameters, lower-case hexadecimal. */
export type NetworkId = string & { readonly [brand]: 'network-id' }

/** One credit in micro-credits. */
export const MICRO = 1_000_000
