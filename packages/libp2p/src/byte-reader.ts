import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'

const PAUSE_ABOVE = 262_144
const RESUME_BELOW = 65_536

/**
 * Reads a stream at the pace of its reader: what is not taken stops the sender. A stream's own async iterator collects without bound
 * instead, and `byteStream` aborts above 4 MiB.
 */
export class ByteReader {
  readonly #stream: Stream
  readonly #chunks: Uint8Array[] = []
  #offset = 0
  #available = 0
  #wanted = 0
  #ended = false
  #resuming = false
  #failure: Error | undefined
  #wake: (() => void) | undefined

  constructor(stream: Stream) {
    this.#stream = stream
    this.#ended = stream.readableEnded
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('end', this.#onEnd)
    stream.addEventListener('close', this.#onClose)
  }

  /** Exactly `length` bytes; undefined when the stream ended before the first of them. Throws when it ended after that, or broke. */
  async bytes(length: number): Promise<Uint8Array | undefined> {
    this.#wanted = length
    while (this.#available < length) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#ended && this.#available === 0) return undefined
      if (this.#ended) throw new Error('the stream ended in the middle of a frame')
      await this.#more()
    }
    this.#wanted = 0
    return this.#take(length)
  }

  /** The next bytes, as many as there are in one piece; undefined at the end. */
  async chunk(): Promise<Uint8Array | undefined> {
    this.#wanted = 1
    while (this.#available === 0) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#ended) return undefined
      await this.#more()
    }
    this.#wanted = 0
    return this.#take((this.#chunks[0]?.length ?? 0) - this.#offset)
  }

  /** Stops to listen; whoever waits gets the reason. */
  stop(reason: Error): void {
    this.#failure ??= reason
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#stream.removeEventListener('end', this.#onEnd)
    this.#stream.removeEventListener('close', this.#onClose)
    this.#chunks.length = 0
    this.#available = 0
    this.#wake?.()
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    const bytes = event.data.subarray()
    if (bytes.length === 0) return
    this.#chunks.push(bytes)
    this.#available += bytes.length
    this.#regulate()
    this.#wake?.()
  }

  // A stream may be closed while bytes still wait in it, so only `end` says that all were given out.
  readonly #onEnd = (): void => {
    this.#ended = true
    this.#wake?.()
  }

  readonly #onClose = (event: StreamCloseEvent): void => {
    if (event.error === undefined) return
    this.#failure ??= event.error
    this.#wake?.()
  }

  #more(): Promise<void> {
    this.#regulate()
    if (this.#available >= this.#wanted || this.#ended || this.#failure !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  #take(length: number): Uint8Array {
    // Copied: a view would keep the whole chunk it came in alive for as long as anybody holds a record of it.
    const taken = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const first = this.#chunks[0]
      if (first === undefined) throw new Error('fewer bytes are held than were counted')
      const part = first.subarray(this.#offset, this.#offset + length - filled)
      taken.set(part, filled)
      filled += part.length
      this.#offset += part.length
      if (this.#offset === first.length) {
        this.#chunks.shift()
        this.#offset = 0
      }
    }
    this.#available -= length
    this.#regulate()
    return taken
  }

  #regulate(): void {
    if (this.#resuming) return
    this.#pauseWhenFull()
    if (!this.#is('paused') || (this.#available >= this.#wanted && this.#available > RESUME_BELOW)) return
    // `resume` hands out what it held before it tells the sender to go on: a pause in the middle of that would be forgotten.
    this.#resuming = true
    try {
      this.#stream.resume()
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
    } finally {
      this.#resuming = false
    }
    this.#pauseWhenFull()
  }

  #pauseWhenFull(): void {
    if (this.#is('readable') && this.#available >= Math.max(PAUSE_ABOVE, this.#wanted)) this.#stream.pause()
  }

  #is(status: Stream['readStatus']): boolean {
    return this.#stream.readStatus === status
  }
}
