import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { fromHex, toHex, type AgentKey } from '@haggle/protocol'

/** The two libraries that every vector is tried with. */
export const verifiers = { 'node:crypto': verifyWithNode, '@noble/curves': verifyWithNoble } as const

export interface TestSigner {
  readonly seed: string
  readonly key: AgentKey
  readonly sign: (message: Uint8Array) => Uint8Array
}

/** A key pair whose secret is the SHA-256 of its name; of no value to anybody. */
export function signerNamed(name: string): TestSigner {
  const seed = createHash('sha256').update(`haggle test key ${name}`).digest()
  const secret = privateKey(seed)
  const raw = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    seed: seed.toString('hex'),
    // Exactly the 32 raw bytes of an Ed25519 public key.
    key: toHex(new Uint8Array(raw)) as AgentKey,
    sign: (message) => new Uint8Array(sign(null, message, secret)),
  }
}

export function verifyWithNode(key: AgentKey, message: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(key, 'hex').toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, message, publicKey, signature)
}

/** ID-08: the library's own `verify` multiplies by the cofactor, so the equation is computed from its points instead. */
export function verifyWithNoble(key: AgentKey, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(fromHex(key))
    const expected = ed25519.Point.BASE.multiplyUnsafe(scalar(signature.subarray(32))).subtract(
      point.multiplyUnsafe(challenge(signature.subarray(0, 32), fromHex(key), message)),
    )
    return toHex(expected.toBytes()) === toHex(signature.subarray(0, 32))
  } catch {
    return false
  }
}

/** The library's cofactored rule, which the crafted vectors are made to satisfy. */
export function verifyWithCofactor(key: AgentKey, message: Uint8Array, signature: Uint8Array): boolean {
  return ed25519.verify(signature, message, fromHex(key), { zip215: true })
}

/** SHA-512(R, A, message) modulo the group order. */
export function challenge(r: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  const hash = createHash('sha512').update(r).update(key).update(message).digest()
  return scalar(hash) % ed25519.Point.Fn.ORDER
}

export function scalar(littleEndian: Uint8Array): bigint {
  return BigInt(`0x${toHex(littleEndian.toReversed())}`)
}

export function scalarBytes(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0')).toReversed()
}

function privateKey(seed: Uint8Array): KeyObject {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
}
