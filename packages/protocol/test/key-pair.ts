import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { networkIdOf, protocolParams, toHex, type AgentKey, type RecordOrigin } from '@haggle/protocol'

export const networkId = networkIdOf('test', protocolParams)

/** The origin of records by a key whose secret is the SHA-256 of its name. */
export function originNamed(name: string): RecordOrigin {
  const seed = createHash('sha256').update(name).digest()
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    networkId,
    // The 32 raw bytes of a public key.
    author: toHex(new Uint8Array(raw)) as AgentKey,
    sign: (message) => new Uint8Array(sign(null, message, secret)),
  }
}

/** node:crypto's own check, without ours. */
export function verifyEd25519(key: AgentKey, message: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(key, 'hex').toString('base64url')
  return verify(null, message, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), signature)
}
