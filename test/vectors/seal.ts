import { encode } from 'cborg'
import { networkIdOf, protocolParams, recordIdOf, signedMessage, toHex, type Cbor } from '@haggle/protocol'
import { fromHex, type AgentKey, type NetworkId, type RecordType } from '@haggle/protocol'
import { signerNamed } from './keys.ts'

export const NETWORK_NAME = 'vectors'
export const networkId = networkIdOf(NETWORK_NAME, protocolParams)
export const otherNetworkId = networkIdOf('elsewhere', protocolParams)
export const worker = signerNamed('worker')

/** What may be set to something else than an honest author would. All byte strings are raw CBOR or raw bytes. */
export interface Seal {
  readonly type?: Uint8Array
  readonly version?: Uint8Array
  readonly body: Uint8Array
  readonly author?: AgentKey
  readonly network?: NetworkId
  /** The domain that is signed, when it is not the type's own. */
  readonly domain?: RecordType
  readonly sign?: (message: Uint8Array) => Uint8Array
}

export interface Sealed {
  readonly wire: Uint8Array
  readonly canonical: Uint8Array
  readonly signature: Uint8Array
  readonly message: Uint8Array
}

/** A record around raw body bytes, signed as if its bytes were in order: so a vector has the one defect that it is named for. */
export function seal(type: RecordType, init: Seal): Sealed {
  const author = bytesItem(fromHex(init.author ?? worker.key))
  const head = concat(Uint8Array.of(0x85), init.type ?? encode(type), init.version ?? encode(1))
  const canonical = concat(head, bytesItem(fromHex(init.network ?? networkId)), author, init.body)
  const message = signedMessage(init.domain ?? type, recordIdOf(canonical))
  const signature = (init.sign ?? worker.sign)(message)
  return { wire: concat(head, author, bytesItem(signature), init.body), canonical, signature, message }
}

/** The raw CBOR of a tuple whose fields are given as raw CBOR. */
export function tuple(fields: readonly Uint8Array[]): Uint8Array {
  return concat(listHead(fields.length), ...fields)
}

/** The encoded fields of a body, to be changed one by one. */
export function fieldsOf(body: Cbor): Uint8Array[] {
  if (!Array.isArray(body)) throw new TypeError('a body is a tuple')
  return body.map((each: unknown) => encode(each))
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export function hex(text: string): Uint8Array {
  return fromHex(text.replaceAll(' ', ''))
}

export function bytesItem(bytes: Uint8Array): Uint8Array {
  return encode(new Uint8Array(bytes))
}

/** `n` lists inside one another, the innermost empty. */
export function nest(n: number): Uint8Array {
  return fromHex(`${'81'.repeat(n - 1)}80`)
}

export function show(bytes: Uint8Array): string {
  return toHex(bytes)
}

function listHead(length: number): Uint8Array {
  if (length >= 24) return Uint8Array.of(0x98, length)
  return Uint8Array.of(0x80 + length)
}
