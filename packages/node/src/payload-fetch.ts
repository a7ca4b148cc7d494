import { HaggleError, payloadHashOf, type AgentKey, type DurationMs, type PayloadHash } from '@haggle/protocol'
import type { Blobs, Clock, Logger, Network } from '@haggle/ports'

export interface Wanted {
  readonly hash: PayloadHash
  readonly size: number
  readonly from: AgentKey
}
export interface FetchParts {
  readonly network: Network
  readonly blobs: Blobs
  readonly clock: Clock
  readonly logger: Logger
}

/** Payloads on their way at the same time; the others wait their turn. */
const AT_ONCE = 16
/** Tries of one payload: with the waits below about half a minute of a peer that is away. */
const TRIES = 8
/** A try that moves this many bytes gives one try back. */
const PROGRESS_BYTES = 1_048_576
const FIRST_WAIT_MS: DurationMs = 200
const LONGEST_WAIT_MS: DurationMs = 10_000
/** A stream that brings nothing for so long is left and asked for again from where it stood. */
const STALL_MS: DurationMs = 10_000
/** Inline payloads kept until the engine asks for them: 4 MiB at most. */
const STASHED = 256

/** A payload on its way, and who named it, the newest first: each of them is asked in turn. */
interface Bringing {
  readonly hash: PayloadHash
  readonly size: number
  readonly sources: AgentKey[]
  /** The stream that is open now. */
  attempt: AbortController | null
  /** A stream has brought something: it is left only when it stalls. */
  moves: boolean
  /** It rests between two streams; `fromFrame`: what comes in a frame can be taken, since nothing is here yet. */
  rest: { readonly end: AbortController; readonly fromFrame: boolean } | null
}

/** Peers that are asked for one payload: a panel and its two parties. */
const SOURCES = 12

/** A payload that came in a frame; hashed when somebody asks for one of its size. */
interface Stashed {
  readonly bytes: Uint8Array
  hash: PayloadHash | null
}

function hashOf(stashed: Stashed): PayloadHash {
  stashed.hash ??= payloadHashOf(stashed.bytes)
  return stashed.hash
}

function isOf({ hash, size }: Pick<Bringing, 'hash' | 'size'>, stashed: Stashed): boolean {
  return stashed.bytes.length === size && hashOf(stashed) === hash
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

/** Brings payloads by hash: from the frame that named them, from disk, or from the peer that has them. */
export class PayloadFetch {
  readonly #parts: FetchParts
  readonly #done: (hash: PayloadHash, held: boolean) => void
  readonly #stash: Stashed[] = []
  readonly #wanted = new Map<PayloadHash, Bringing>()
  readonly #waiting: Bringing[] = []
  readonly #stop = new AbortController()
  /** Each with a signal of its own: one for all would gather a listener for every stream. */
  readonly #running = new Map<Promise<void>, AbortController>()

  /** `done` is called once for every payload asked for, never after `stop`. */
  constructor(parts: FetchParts, done: (hash: PayloadHash, held: boolean) => void) {
    this.#parts = parts
    this.#done = done
  }

  /**
   * Keeps a payload that came in a frame until the engine asks for it: what nobody asks for is never written to disk, nor
   * hashed, which would be the most expensive part of a frame.
   */
  stash(bytes: Uint8Array): void {
    const stashed: Stashed = { bytes, hash: null }
    this.#stash.push(stashed)
    if (this.#stash.length > STASHED) this.#stash.shift()
    for (const wanted of this.#wanted.values()) {
      if (wanted.rest?.fromFrame === true && isOf(wanted, stashed)) wanted.rest.end.abort()
    }
  }

  /** A payload that is on its way already has one more source, which is asked at once where the others have brought nothing. */
  want({ hash, size, from }: Wanted): void {
    if (this.#stop.signal.aborted) return
    const known = this.#wanted.get(hash)
    if (known !== undefined) {
      if (known.size !== size || known.sources.includes(from) || known.sources.length >= SOURCES) return
      known.sources.unshift(from)
      if (!known.moves) known.attempt?.abort()
      known.rest?.end.abort()
      return
    }
    const wanted = { hash, size, sources: [from], attempt: null, moves: false, rest: null }
    this.#wanted.set(hash, wanted)
    this.#waiting.push(wanted)
    this.#next()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#waiting.length = 0
    for (const abort of this.#running.values()) abort.abort()
    await Promise.all(this.#running.keys())
  }

  #next(): void {
    while (this.#running.size < AT_ONCE) {
      const wanted = this.#waiting.shift()
      if (wanted === undefined) return
      const abort = new AbortController()
      const run = this.#bring(wanted, abort.signal).then((held) => {
        this.#running.delete(run)
        this.#wanted.delete(wanted.hash)
        if (this.#stop.signal.aborted) return
        this.#done(wanted.hash, held)
        this.#next()
      })
      this.#running.set(run, abort)
    }
  }

  /** Never rejects: a payload that cannot be had is an answer. */
  async #bring(wanted: Bringing, signal: AbortSignal): Promise<boolean> {
    const { blobs, logger } = this.#parts
    try {
      const inline = this.#takeStashed(wanted)
      if (inline === undefined && (await blobs.size(wanted.hash)) === wanted.size) return true
      if (inline === undefined) await blobs.gather(wanted, (offset) => this.#source(wanted, offset, signal), signal)
      else await blobs.put(once(inline), wanted, signal)
      return true
    } catch (error) {
      if (!this.#stop.signal.aborted) {
        logger.warn('payload-not-had', {
          hash: wanted.hash,
          code: error instanceof HaggleError ? error.code : 'unknown',
        })
      }
      return false
    }
  }

  /** The bytes of one payload from an offset on, over as many streams as its tries allow, each from where the last one ended. */
  async *#source(wanted: Bringing, held: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    let offset = held
    let tries = TRIES
    let paid = held
    let known = 1
    let turn = 0
    let waitMs = FIRST_WAIT_MS
    for (;;) {
      // The frame that brings it may come while we ask.
      const inline = offset === 0 ? this.#takeStashed(wanted) : undefined
      if (inline !== undefined) {
        yield inline
        return
      }
      // Who came last is asked first, and gives a try of its own.
      if (wanted.sources.length > known) [tries, turn] = [tries + wanted.sources.length - known, 0]
      known = wanted.sources.length
      const from = wanted.sources[turn % known]
      turn += 1
      if (from === undefined) throw notHad(wanted)
      const stream = this.#stream(wanted, from, offset, signal)
      for (let chunk = await stream.next(); chunk.done !== true; chunk = await stream.next()) {
        offset += chunk.value.length
        wanted.moves = true
        if (offset > wanted.size) throw tooLong(wanted)
        yield chunk.value
      }
      if (offset === wanted.size) return
      tries += Math.floor((offset - paid) / PROGRESS_BYTES) - 1
      paid += Math.floor((offset - paid) / PROGRESS_BYTES) * PROGRESS_BYTES
      if (tries <= 0) throw notHad(wanted)
      // A stream that was left for somebody who came since is no reason to wait: who votes on these bytes has little time.
      if (wanted.sources.length > known || (offset === 0 && this.#isStashed(wanted))) continue
      await this.#rest(wanted, waitMs, offset === 0, signal)
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
    }
  }

  /** Until then, or until somebody else names the payload or brings it in a frame. Rejects when it is not wanted any more. */
  async #rest(wanted: Bringing, spanMs: DurationMs, fromFrame: boolean, signal: AbortSignal): Promise<void> {
    const end = new AbortController()
    wanted.rest = { end, fromFrame }
    const both = AbortSignal.any([signal, end.signal])
    await this.#parts.clock.sleep(spanMs, both).catch(() => signal.throwIfAborted())
    wanted.rest = null
  }

  #isStashed(wanted: Bringing): boolean {
    return this.#stash.some((each) => isOf(wanted, each))
  }

  #takeStashed(wanted: Bringing): Uint8Array | undefined {
    const at = this.#stash.findIndex((each) => isOf(wanted, each))
    return at < 0 ? undefined : this.#stash.splice(at, 1)[0]?.bytes
  }

  /** One stream from a peer; a stream that breaks or stalls simply ends, since the caller counts bytes and tries. */
  async *#stream(
    wanted: Bringing,
    from: AgentKey,
    offset: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { network, clock, logger } = this.#parts
    const attempt = new AbortController()
    wanted.attempt = attempt
    wanted.moves = false
    const onStop = (): void => attempt.abort()
    signal.addEventListener('abort', onStop)
    let cancelAlarm = clock.alarm(clock.mono() + STALL_MS, () => attempt.abort())
    try {
      for await (const chunk of await network.fetchBlob(from, wanted.hash, offset, attempt.signal)) {
        cancelAlarm()
        cancelAlarm = clock.alarm(clock.mono() + STALL_MS, () => attempt.abort())
        yield chunk
      }
    } catch (error) {
      logger.debug('payload-stream-broke', {
        hash: wanted.hash,
        code: error instanceof HaggleError ? error.code : 'unknown',
      })
    } finally {
      cancelAlarm()
      wanted.attempt = null
      signal.removeEventListener('abort', onStop)
    }
  }
}

function tooLong(wanted: Bringing): HaggleError {
  return new HaggleError(
    'payload/mismatch',
    `a payload is longer than the ${wanted.size} bytes it was announced with`,
    {
      next: 'Nothing to do here: the peer that sent it is at fault, and the contract goes on without it.',
      detail: { hash: wanted.hash, size: wanted.size },
    },
  )
}

function notHad(wanted: Bringing): HaggleError {
  return new HaggleError('payload/not-had', `a payload of ${wanted.size} bytes could not be fetched`, {
    next: 'Look whether the peer is still connected; the payload is asked for again when it comes back.',
    detail: { hash: wanted.hash, size: wanted.size },
  })
}
