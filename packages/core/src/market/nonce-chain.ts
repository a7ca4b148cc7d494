import { sha256Of, toHex } from '@haggle/protocol'

/** Generations that one commitment serves: generation g reveals the (16 - g)-th hash. */
export const NONCE_CHAIN_LENGTH = 16

/** What the offer commits to: H^16(secret). */
export function nonceCommit(secret: Uint8Array): Uint8Array {
  return hashTimes(secret, NONCE_CHAIN_LENGTH)
}

/** What the award of a generation reveals: H^(16 - generation)(secret). */
export function nonceReveal(secret: Uint8Array, generation: number): Uint8Array {
  return hashTimes(secret, Math.max(0, NONCE_CHAIN_LENGTH - generation))
}

/** MKT-12: hashing the revealed nonce `generation` times gives the commitment. */
export function revealsCommit(revealed: Uint8Array, generation: number, commit: Uint8Array): boolean {
  return generation <= NONCE_CHAIN_LENGTH && toHex(hashTimes(revealed, generation)) === toHex(commit)
}

function hashTimes(bytes: Uint8Array, times: number): Uint8Array {
  let current = bytes
  for (let n = 0; n < times; n += 1) current = sha256Of(current)
  return current
}
