import { createCipheriv, createDecipheriv, createHash, hkdfSync, timingSafeEqual } from 'node:crypto'
import { payloadHashOf, type AgentKey, type PayloadHash } from '@haggle/protocol'
import type { Wrap } from '@haggle/ports'

/** Bytes of the key of a seal: fresh for each. */
export const SEAL_KEY_BYTES = 32
/** WIT-37: an ephemeral key, the key of the seal and a tag. */
export const WRAPPED_BYTES = 80
const TAG_BYTES = 16
/** What a sealed result is longer than the result. */
export const SEAL_SURPLUS = WRAPPED_BYTES + TAG_BYTES
/** Each key encrypts one message, so that its nonce need not differ from another. */
const NONCE = new Uint8Array(12)

/** A result as it goes sealed, and the key that opens it. */
export interface SealedResult {
  readonly bytes: Uint8Array
  readonly key: Uint8Array
  readonly sealedHash: PayloadHash
  readonly keyHash: PayloadHash
}

/** WIT-37: seals a result for one agent with a fresh key; null: there is no such agent. Equal for equal inputs. */
export function sealResult(result: Uint8Array, key: Uint8Array, to: AgentKey, wrap: Wrap): SealedResult | null {
  const wrapped = wrap(key, to)
  if (wrapped === null) return null
  const bytes = concat(wrapped, encrypted(contentKey(key), result))
  return { bytes, key, sealedHash: payloadHashOf(bytes), keyHash: payloadHashOf(key) }
}

/** The result in sealed bytes that an own key opens; null: they are nothing of the kind. */
export function openSealed(
  sealed: Uint8Array,
  unwrap: (wrapped: Uint8Array) => Uint8Array | null,
  keyHash: PayloadHash | null = null,
): Uint8Array | null {
  if (sealed.length < SEAL_SURPLUS) return null
  const key = unwrap(sealed.subarray(0, WRAPPED_BYTES))
  if (key === null || (keyHash !== null && payloadHashOf(key) !== keyHash)) return null
  return decrypted(contentKey(key), sealed.subarray(WRAPPED_BYTES))
}

/** What is said of sealed bytes by whoever gives their key away. */
export interface ClaimedSeal {
  readonly key: Uint8Array
  readonly to: AgentKey
  readonly resultHash: PayloadHash
  readonly size: number
}

/**
 * WIT-38: whether these bytes are that result, sealed for that agent with that key. Not only what comes out is compared, but the wrapped key
 * too: it is what the agent needed to open them, and whoever has the key can make it again.
 */
export function isSealOf(wrap: Wrap): (sealed: Uint8Array, seal: ClaimedSeal) => boolean {
  return (sealed, { key, to, resultHash, size }) => {
    if (key.length !== SEAL_KEY_BYTES || sealed.length !== size + SEAL_SURPLUS) return false
    const wrapped = wrap(key, to)
    if (wrapped === null || !timingSafeEqual(wrapped, sealed.subarray(0, WRAPPED_BYTES))) return false
    const result = decrypted(contentKey(key), sealed.subarray(WRAPPED_BYTES))
    return result !== null && payloadHashOf(result) === resultHash
  }
}

/** HKDF with SHA-256: 32 bytes for one use. */
export function derived(secret: Uint8Array, salt: Uint8Array, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, `haggle/seal/1/${use}`, 32))
}

/** ChaCha20-Poly1305 under a key of its own, with the tag behind it. */
export function encrypted(key: Uint8Array, message: Uint8Array): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, NONCE, { authTagLength: TAG_BYTES })
  const body = cipher.update(message)
  cipher.final()
  return concat(body, cipher.getAuthTag())
}

/** What was encrypted under this key; null: something else, or damaged. */
export function decrypted(key: Uint8Array, message: Uint8Array): Uint8Array | null {
  if (message.length < TAG_BYTES) return null
  const at = message.length - TAG_BYTES
  const decipher = createDecipheriv('chacha20-poly1305', key, NONCE, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(message.subarray(at))
  const body = decipher.update(message.subarray(0, at))
  try {
    decipher.final()
  } catch {
    return null
  }
  return Uint8Array.from(body)
}

/** SHA-512, of which X25519 keys are made. */
export function sha512(bytes: Uint8Array): Uint8Array {
  return createHash('sha512').update(bytes).digest()
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function contentKey(key: Uint8Array): Uint8Array {
  return derived(key, new Uint8Array(0), 'content')
}
