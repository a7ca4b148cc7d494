import { createHash } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { fromHex, toHex, type AgentKey } from '@haggle/protocol'
import { challenge, scalar, scalarBytes } from './keys.ts'
import { concat, hex, seal, worker, type Sealed } from './seal.ts'

const { BASE, Fn } = ed25519.Point
const ORDER = Fn.ORDER
const IDENTITY = `01${'00'.repeat(31)}`
/** The identity, written as y = p + 1. */
const IDENTITY_ABOVE_P = `ee${'ff'.repeat(30)}7f`
/** The identity with the sign bit of x = 0 set. */
const IDENTITY_MINUS_ZERO = `01${'00'.repeat(30)}80`
/** A point of order 8. */
const ORDER_EIGHT = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'

/** Signatures that some library accepts though only one rule may hold for all. */
export function crafted(body: Uint8Array): Readonly<Record<string, Sealed>> {
  return {
    'accept.small-order-key': withKey(body, IDENTITY),
    'accept.order-eight-key': withKey(body, ORDER_EIGHT),
    'accept.non-canonical-key': withKey(body, IDENTITY_ABOVE_P),
    'accept.minus-zero-key': withKey(body, IDENTITY_MINUS_ZERO),
    'accept.small-order-r': withR(body, IDENTITY),
    'accept.non-canonical-r': withR(body, IDENTITY_ABOVE_P),
    'accept.minus-zero-r': withR(body, IDENTITY_MINUS_ZERO),
    'accept.s-above-order': seal('accept', { body, sign: (message) => raised(worker.sign(message)) }),
    'accept.mixed-order-key': mixedOrderKey(body),
  }
}

/** With a key of small order, R = [S]B satisfies the equation for messages that nobody signed. */
function withKey(body: Uint8Array, key: string): Sealed {
  const s = secret('small order key')
  const sign = (): Uint8Array => concat(BASE.multiply(s).toBytes(), scalarBytes(s))
  // Any 32 bytes in hexadecimal may claim to be a key.
  return seal('accept', { body, author: key as AgentKey, sign })
}

/** With R of small order, S = k·a satisfies it. */
function withR(body: Uint8Array, r: string): Sealed {
  const sign = (message: Uint8Array): Uint8Array => {
    const k = challenge(fromHex(r), fromHex(worker.key), message)
    return concat(fromHex(r), scalarBytes(Fn.mul(k, workerScalar())))
  }
  return seal('accept', { body, sign })
}

/** The same signature again with S + L. */
function raised(signature: Uint8Array): Uint8Array {
  return concat(signature.subarray(0, 32), scalarBytes(scalar(signature.subarray(32)) + ORDER))
}

/** A = aB + T with T of order 8: the equation holds times the cofactor and fails without it. */
function mixedOrderKey(body: Uint8Array): Sealed {
  const a = secret('mixed order key')
  const point = BASE.multiply(a).add(ed25519.Point.fromBytes(hex(ORDER_EIGHT)))
  const key = point.toBytes()
  const sign = (message: Uint8Array): Uint8Array => {
    for (let nonce = 0; ; nonce += 1) {
      const r = secret(`mixed order nonce ${nonce}`)
      const R = BASE.multiply(r).toBytes()
      const k = challenge(R, key, message)
      if (k % 8n !== 0n) return concat(R, scalarBytes(Fn.add(r, Fn.mul(k, a))))
    }
  }
  // The bytes of a point in hexadecimal are what a key is.
  return seal('accept', { body, author: toHex(key) as AgentKey, sign })
}

function secret(name: string): bigint {
  return (scalar(createHash('sha512').update(name).digest()) % (ORDER - 1n)) + 1n
}

function workerScalar(): bigint {
  return ed25519.utils.getExtendedPublicKey(fromHex(worker.seed)).scalar
}
