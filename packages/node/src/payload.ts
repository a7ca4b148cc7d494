import { createHash } from 'node:crypto'
import { HaggleError, type PayloadHash } from '@haggle/protocol'
import type { Blobs, HeldBlob } from '@haggle/ports'
import type { Payload, PayloadSource } from './payload-types.ts'
import type { TypedResult } from './service-types.ts'

/** A payload that the blob store holds; nothing is read before it is asked for. */
export function storedPayload(blobs: Blobs, hash: PayloadHash, size: number, mediaType: string | null): Payload {
  const bytes = async (): Promise<Uint8Array> => {
    const out = new Uint8Array(size)
    let at = 0
    for await (const chunk of blobs.read(hash)) {
      out.set(chunk, at)
      at += chunk.length
    }
    return out
  }
  const text = async (): Promise<string> => new TextDecoder().decode(await bytes())
  return {
    ...{ size, hash, mediaType, bytes, text },
    json: async () => {
      const value: unknown = JSON.parse(await text())
      return value
    },
    stream: (offset = 0) => blobs.read(hash, offset),
    path: () => blobs.path(hash),
  }
}

export interface ByteSource {
  readonly stream: AsyncIterable<Uint8Array>
  readonly mediaType: string
}

/** The bytes of what an application hands over: text and bytes as they are, any other value as JSON. Throws `argument/invalid`. */
export function byteSource(source: PayloadSource): ByteSource {
  if (source instanceof Uint8Array) return { stream: once(source), mediaType: 'application/octet-stream' }
  if (isByteStream(source)) return { stream: source, mediaType: 'application/octet-stream' }
  const encoder = new TextEncoder()
  if (typeof source === 'string')
    return { stream: once(encoder.encode(source)), mediaType: 'text/plain; charset=utf-8' }
  return { stream: once(encoder.encode(jsonText(source))), mediaType: 'application/json' }
}

/** A handler may name the media type of what it returns. */
export function isTypedResult(value: PayloadSource | TypedResult): value is TypedResult {
  return (
    typeof value === 'object' &&
    value !== null &&
    'payload' in value &&
    'mediaType' in value &&
    Object.keys(value).length === 2
  )
}

/** The same stream, which throws `payload/too-large` once it is longer than `max` bytes. */
export async function* atMost(
  stream: AsyncIterable<Uint8Array>,
  max: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > max) {
      throw new HaggleError('payload/too-large', `a payload is larger than ${max} bytes`, {
        next: 'Make it smaller, or cut the task into several.',
        detail: { max },
      })
    }
    yield chunk
  }
}

/** The hash by which a payload is named. */
export async function hashOf(stream: AsyncIterable<Uint8Array>): Promise<PayloadHash> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  // The brand says: lower-case hexadecimal of a SHA-256.
  return hash.digest('hex') as PayloadHash
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

function isByteStream(source: PayloadSource): source is AsyncIterable<Uint8Array> {
  return typeof source === 'object' && source !== null && Symbol.asyncIterator in source
}

/** A value as JSON. Throws `argument/invalid` for what JSON has no text for. */
export function jsonText(value: unknown): string {
  // What a caller without types hands over may be undefined or a function, which JSON has no text for.
  const text: string | undefined = JSON.stringify(value)
  if (text !== undefined) return text
  throw new HaggleError('argument/invalid', `a payload cannot be made of ${typeof value}`, {
    next: 'Hand over a text, bytes, a stream of bytes, or a value that JSON can write.',
  })
}

/** What was delivered in a contract, where it is held; throws `contract/no-result` or `blob/missing`. */
export async function heldPayload(
  blobs: Blobs,
  delivered: HeldBlob | null,
  mediaType: string | null,
): Promise<Payload> {
  if (delivered === null) {
    throw new HaggleError('contract/no-result', 'nothing was delivered in this contract', {
      next: 'Look at `haggle contract show` for how far it came.',
    })
  }
  const { hash, size } = delivered
  if ((await blobs.size(hash)) !== size) {
    throw new HaggleError('blob/missing', 'the result is not held here', {
      next: 'Keep the agent running with `haggle up` until the worker is met again.',
    })
  }
  return storedPayload(blobs, hash, size, mediaType)
}
