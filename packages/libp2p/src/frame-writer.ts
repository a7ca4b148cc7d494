import { performance } from 'node:perf_hooks'
import type { Stream } from '@libp2p/interface'
import { timings } from './timings.ts'

/** NET-40: bytes that may wait for one peer: one of the largest frames and half of another. */
const QUEUE_BYTES = 393_216
const QUEUE_FRAMES = 8_192
/** Below this there is room again: a quarter of the queue, so that what is sent in bulk leaves most of it to what is urgent. */
const ROOM_BELOW = QUEUE_BYTES / 4
const BATCH_BYTES = 65_536

/**
 * NET-15: writes frames to one stream in order: 4 bytes of length (big-endian, of what follows), 1 byte of channel, the body. The queue
 * is bounded; frames of one turn of the event loop leave together.
 */
export class FrameWriter {
  readonly #stream: Stream
  readonly #stalled: () => void
  #queue: Uint8Array[] = []
  #queued = 0
  #scheduled = false
  #open = true
  #watch: NodeJS.Timeout | undefined
  #written = 0
  #forRoom: ((isThere: boolean) => void)[] = []

  constructor(stream: Stream, stalled: () => void) {
    this.#stream = stream
    this.#stalled = stalled
    stream.addEventListener('drain', this.flush)
  }

  /** False when the queue is full or the stream gone: nothing was queued. */
  write(channel: number, body: Uint8Array): boolean {
    const size = body.length + 5
    if (!this.#open || this.#stream.writeStatus !== 'writable') return false
    if (this.#queue.length >= QUEUE_FRAMES || this.#waiting() + size > QUEUE_BYTES) return false
    const frame = new Uint8Array(size)
    new DataView(frame.buffer).setUint32(0, body.length + 1)
    frame[4] = channel
    frame.set(body, 5)
    this.#queue.push(frame)
    this.#queued += size
    if (!this.#scheduled) {
      this.#scheduled = true
      queueMicrotask(this.flush)
    }
    return true
  }

  /** Resolves when there is room for what is not urgent: true, or false when the stream is gone. */
  room(): Promise<boolean> {
    if (!this.#open || this.#stream.writeStatus !== 'writable') return Promise.resolve(false)
    if (this.#hasRoom()) return Promise.resolve(true)
    return new Promise((resolve) => this.#forRoom.push(resolve))
  }

  /** Drops what waits and touches the stream no more. */
  stop(): void {
    this.#open = false
    this.#release(false)
    this.#queue = []
    this.#queued = 0
    clearTimeout(this.#watch)
    this.#stream.removeEventListener('drain', this.flush)
  }

  #waiting(): number {
    return this.#queued + this.#stream.writeBufferLength
  }

  /** Hands to the stream what it takes. */
  readonly flush = (): void => {
    this.#scheduled = false
    try {
      while (this.#open && this.#queue.length > 0 && !this.#stream.writableNeedsDrain) this.#stream.send(this.#batch())
    } catch {
      // The stream closed under us; its reader ends the link.
      this.stop()
      return
    }
    if (this.#hasRoom()) this.#release(true)
    this.#guard()
  }

  #hasRoom(): boolean {
    return this.#waiting() < ROOM_BELOW && this.#queue.length < QUEUE_FRAMES / 2
  }

  #release(isThere: boolean): void {
    for (const resolve of this.#forRoom.splice(0)) resolve(isThere)
  }

  #batch(): Uint8Array {
    let count = 0
    let size = 0
    for (const frame of this.#queue) {
      if (count > 0 && size + frame.length > BATCH_BYTES) break
      count += 1
      size += frame.length
    }
    const frames = this.#queue.splice(0, count)
    this.#queued -= size
    this.#written += size
    const [only] = frames
    return only !== undefined && frames.length === 1 ? only : Buffer.concat(frames, size)
  }

  // NET-16: a peer that takes nothing for `stallMs` while bytes wait for it is let go. `takenAt` is when it last took some.
  #guard(takenAt = performance.now()): void {
    if (!this.#open || this.#watch !== undefined || this.#waiting() === 0) return
    const taken = this.#taken()
    this.#watch = setTimeout(() => {
      this.#watch = undefined
      const now = performance.now()
      if (this.#taken() !== taken || this.#waiting() === 0) this.#guard(now)
      else if (now - takenAt >= timings.stallMs) this.#stalled()
      else this.#guard(takenAt)
    }, timings.stallLookMs)
  }

  #taken(): number {
    return this.#written - this.#stream.writeBufferLength
  }
}
