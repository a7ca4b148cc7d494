import { HaggleError } from '@haggle/protocol'
import { jsonObject, type JsonObject } from './json-object.ts'

/** Bytes of one header: a job with its schema and its preview is a tenth of it. */
export const MAX_HEADER_BYTES = 262_144
/** Bytes of one chunk: what one read of a file gives. */
export const MAX_CHUNK_BYTES = 65_536
/** Two lengths of four bytes. */
const PREFIX_BYTES = 8

/** One message between a command and the agent that carries it out: JSON, and raw bytes where there are some. */
export interface ControlMessage {
  readonly message: JsonObject
  readonly chunk?: Uint8Array
}

/** A message as it travels: length of the header, length of the chunk plus one (0: none), header, chunk. */
export function encodeControl(message: JsonObject, chunk: Uint8Array | undefined): Uint8Array {
  const header = Buffer.from(JSON.stringify(message), 'utf8')
  if (header.length > MAX_HEADER_BYTES) throw tooLarge('header', MAX_HEADER_BYTES)
  if (chunk !== undefined && chunk.length > MAX_CHUNK_BYTES) throw tooLarge('chunk', MAX_CHUNK_BYTES)
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + header.length + (chunk?.length ?? 0))
  frame.writeUInt32BE(header.length, 0)
  frame.writeUInt32BE(chunk === undefined ? 0 : chunk.length + 1, 4)
  frame.set(header, PREFIX_BYTES)
  if (chunk !== undefined) frame.set(chunk, PREFIX_BYTES + header.length)
  return frame
}

/** Cuts a stream of bytes into messages. It never holds more than one message and what came with its last piece. */
export class ControlDecoder {
  #pieces: Uint8Array[] = []
  #held = 0
  #needed = PREFIX_BYTES

  /** Bytes of a message that is not complete yet. */
  get pending(): number {
    return this.#held
  }

  /** The messages that these bytes complete. Throws `control/malformed` on bytes that no honest side sends. */
  push(bytes: Uint8Array): readonly ControlMessage[] {
    this.#pieces.push(bytes)
    this.#held += bytes.length
    const messages: ControlMessage[] = []
    // Pieces are joined only when they complete something: many tiny ones cost no more than one large.
    if (this.#held < this.#needed) return messages
    let rest = Buffer.concat(this.#pieces)
    this.#needed = PREFIX_BYTES
    while (rest.length >= PREFIX_BYTES) {
      const [headerBytes, chunkBytes] = lengthsOf(rest)
      const end = PREFIX_BYTES + headerBytes + (chunkBytes ?? 0)
      if (rest.length < end) {
        this.#needed = end
        break
      }
      messages.push(messageOf(rest, headerBytes, chunkBytes))
      rest = rest.subarray(end)
    }
    this.#pieces = [rest]
    this.#held = rest.length
    return messages
  }
}

function lengthsOf(buffer: Buffer): readonly [number, number | undefined] {
  const headerBytes = buffer.readUInt32BE(0)
  const chunkField = buffer.readUInt32BE(4)
  if (headerBytes > MAX_HEADER_BYTES || chunkField > MAX_CHUNK_BYTES + 1) throw malformed('a length is out of bounds')
  return [headerBytes, chunkField === 0 ? undefined : chunkField - 1]
}

function messageOf(buffer: Buffer, headerBytes: number, chunkBytes: number | undefined): ControlMessage {
  const start = PREFIX_BYTES + headerBytes
  const message = jsonObject(buffer.toString('utf8', PREFIX_BYTES, start))
  if (message === undefined) throw malformed('a header is not a JSON object')
  if (chunkBytes === undefined) return { message }
  // A copy, so that a kept chunk does not keep the whole buffer.
  return { message, chunk: Uint8Array.from(buffer.subarray(start, start + chunkBytes)) }
}

/** The other side of a control socket does not speak its language, or was cut off in the middle of a message. */
export function malformed(problem: string): HaggleError {
  return new HaggleError('control/malformed', `the other side of the control socket sent nonsense: ${problem}`, {
    next: 'Use the same version of haggle for the agent and for the command.',
  })
}

function tooLarge(part: string, most: number): HaggleError {
  return new HaggleError('control/too-large', `the ${part} of a control message is larger than ${most} bytes`, {
    next: 'Send it in several messages.',
    detail: { most },
  })
}
