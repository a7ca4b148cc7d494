import type { ConnectionEncrypter } from '@libp2p/interface'
import { noise } from '@libp2p/noise'

type Noise = ReturnType<typeof noise>

/** Thrown again and again: to make an error for each packet, with its stack, costs more than to decrypt the packet. */
const EMPTY = new RangeError('nothing is left to read')

/**
 * Noise that hands each packet to the socket in one piece: it gives the length apart, two bytes that would cost a system call, and
 * wake the other side for nothing. And its reader of frames does not make an error each time it has read all that came, which is
 * nearly always.
 */
export function quietNoise(): Noise {
  const create = noise()
  return (components) => quietened(create(components))
}

function quietened<T>(encrypter: ConnectionEncrypter<T>): ConnectionEncrypter<T> {
  const inbound = encrypter.secureInbound.bind(encrypter)
  const outbound = encrypter.secureOutbound.bind(encrypter)
  encrypter.secureInbound = async (...args) => quietConnection(await inbound(...args))
  encrypter.secureOutbound = async (...args) => quietConnection(await outbound(...args))
  return encrypter
}

function quietConnection<T extends { readonly connection: object }>(secured: T): T {
  const { connection } = secured
  if (!hasInside(connection)) throw new Error('this noise is not the one that was tried')
  const encrypt = connection.encrypt.bind(connection)
  connection.encrypt = (plain) => encrypt(plain).subarray()
  const { decoder } = connection
  const lengthOf = decoder.lengthDecoder
  decoder.lengthDecoder = (bytes) => {
    if (bytes.byteLength === 0) throw EMPTY
    return lengthOf(bytes)
  }
  return secured
}

/** What we need of a secured connection beside its interface; all of it is there on its class. */
interface NoiseInside {
  encrypt: (plain: object) => { subarray(): Uint8Array }
  readonly decoder: { lengthDecoder: (bytes: { readonly byteLength: number }) => number }
}

function hasInside(connection: object): connection is NoiseInside {
  const decoder: unknown = 'decoder' in connection ? connection.decoder : undefined
  const hasDecoder = typeof decoder === 'object' && decoder !== null && 'lengthDecoder' in decoder
  return (
    hasDecoder &&
    typeof decoder.lengthDecoder === 'function' &&
    'encrypt' in connection &&
    typeof connection.encrypt === 'function'
  )
}
