import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import type { DurationMs } from '@haggle/protocol'
import { limits } from '@haggle/protocol'
import type { Stream } from '@libp2p/interface'
import { ByteReader } from './byte-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { HELLO_BYTES, helloFrom } from './hello.ts'
import type { WireHello } from './hello.ts'
import { PEERS_BYTES } from './peer-exchange.ts'

/** The first byte of a frame says what it is; frames of an unknown channel are skipped, so that a later version may add one. */
export const channels = { hello: 0, ready: 1, peers: 2, app: 3, pulse: 4 } as const

/** How long one peer's frames are read without a pause: what more came in one piece waits, so that others are heard too. */
const TURN_MS = 2
/** NET-21: a list of peers comes at most so often; what comes sooner is left unread. */
const PEERS_EVERY_MS = 1_000

/** NET-30: looks in a row that found nothing new from a peer: then it is gone, whatever its connection says. */
const SILENT_LOOKS = 4

/** What a peer did that the protocol does not allow; it is let go for a while. */
export class FrameViolation extends Error {
  override readonly name = 'FrameViolation'
}

/** A peer that takes none of the bytes that wait for it; it is let go, and may come back. */
export class PeerStalled extends Error {
  override readonly name = 'PeerStalled'
}

export interface Handshake {
  readonly hello: WireHello
  readonly rttMs: DurationMs
  readonly clockSkewMs: DurationMs
}

export interface LinkHooks {
  /** Our hello, and our wall clock at this moment. */
  hello(): { readonly bytes: Uint8Array; readonly time: number }
  /** Their hello came: true when the two belong together. */
  greeted(hello: WireHello): boolean
  /** Both sides accepted each other: frames may flow. */
  ready(handshake: Handshake): void
  peers(bytes: Uint8Array): void
  frame(bytes: Uint8Array): void | Promise<void>
  /** The stream is gone, for whatever reason; called once. */
  ended(reason: Error | undefined): void
}

/** The long-lived stream with one peer: handshake, then frames both ways in order. */
export class Link {
  readonly #stream: Stream
  readonly #reader: ByteReader
  readonly #writer: FrameWriter
  readonly #hooks: LinkHooks
  #open = true
  #peersAt = Number.NEGATIVE_INFINITY
  #waits = false
  #silentLooks = 0

  constructor(stream: Stream, hooks: LinkHooks) {
    this.#stream = stream
    this.#hooks = hooks
    this.#reader = new ByteReader(stream)
    this.#writer = new FrameWriter(stream, () => this.cut(new PeerStalled('the peer takes no bytes')))
    void this.#run()
  }

  /** Queues a frame; false when the queue is full. */
  send(channel: number, body: Uint8Array): boolean {
    return this.#open && this.#writer.write(channel, body)
  }

  /** One look at whether the peer still says anything: true when it has been silent for too long. A peer that we keep waiting is not silent. */
  isSilent(): boolean {
    if (this.#waits) this.#silentLooks += 1
    return this.#silentLooks >= SILENT_LOOKS
  }

  /** Resolves when there is room for what is not urgent: true, or false when the link is gone. */
  room(): Promise<boolean> {
    return this.#writer.room()
  }

  /** Hands what waits to the stream, which is about to be closed in good order. */
  flush(): void {
    this.#writer.flush()
  }

  /** Ends the link at once; what waits in it is lost. */
  cut(reason: Error): void {
    this.#end(reason)
  }

  async #run(): Promise<void> {
    try {
      const handshake = await this.#handshake()
      if (handshake === undefined) return
      this.#hooks.ready(handshake)
      let since = performance.now()
      while (this.#open) {
        if (performance.now() - since > TURN_MS) {
          await setImmediate()
          since = performance.now()
        }
        const frame = await this.#next(limits.frameBytes)
        if (frame === undefined) break
        await this.#dispatch(frame)
      }
      this.#end(undefined)
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  // Both sides send their hello at once and answer the other's with `ready`: each then knows that the other agreed, and the round trip.
  async #handshake(): Promise<Handshake | undefined> {
    const sent = performance.now()
    this.#writer.write(channels.hello, this.#hooks.hello().bytes)
    const first = await this.#next(HELLO_BYTES)
    if (first === undefined) throw new Error('the stream closed before the hello')
    const hello = first.channel === channels.hello ? helloFrom(first.body) : undefined
    if (hello === undefined) throw new FrameViolation('the first frame is no hello')
    const now = this.#hooks.hello().time
    // A link that is refused stays as it is until its connection is closed: our own hello must still reach the other side.
    if (!this.#hooks.greeted(hello)) return undefined
    this.#writer.write(channels.ready, new Uint8Array())
    const second = await this.#next(0)
    if (second === undefined) throw new Error('the stream closed during the handshake')
    if (second.channel !== channels.ready) throw new FrameViolation('the second frame is not ready')
    const rttMs = performance.now() - sent
    return { hello, rttMs, clockSkewMs: Math.round(hello.time - (now - rttMs / 2)) }
  }

  async #next(bound: number): Promise<{ readonly channel: number; readonly body: Uint8Array } | undefined> {
    this.#waits = true
    const head = await this.#reader.bytes(5)
    this.#waits = false
    this.#silentLooks = 0
    if (head === undefined) return undefined
    const length = new DataView(head.buffer).getUint32(0) - 1
    // NET-25: refused by its length alone, before any of it is stored.
    if (length < 0 || length > bound) throw new FrameViolation(`a frame of ${length} bytes, more than ${bound}`)
    const body = length === 0 ? new Uint8Array() : await this.#reader.bytes(length)
    if (body === undefined) throw new Error('the stream ended in the middle of a frame')
    return { channel: head[4] ?? 0, body }
  }

  async #dispatch(frame: { readonly channel: number; readonly body: Uint8Array }): Promise<void> {
    if (!this.#open) return
    switch (frame.channel) {
      case channels.app:
        // NET-26: the next frame is read when this one is done with; a stream that is not read stops its sender.
        await this.#hooks.frame(frame.body)
        return
      case channels.peers:
        if (frame.body.length > PEERS_BYTES) throw new FrameViolation('too many peers in one frame')
        if (performance.now() - this.#peersAt < PEERS_EVERY_MS) return
        this.#peersAt = performance.now()
        this.#hooks.peers(frame.body)
        return
      case channels.hello:
      case channels.ready:
        throw new FrameViolation('a second handshake on one stream')
    }
  }

  #end(reason: Error | undefined): void {
    if (!this.#open) return
    this.#open = false
    this.#writer.stop()
    this.#reader.stop(reason ?? new Error('the stream ended'))
    this.#stream.abort(reason ?? new Error('the stream ended'))
    this.#hooks.ended(reason)
  }
}
