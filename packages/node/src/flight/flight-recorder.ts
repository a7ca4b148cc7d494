import { toHex } from '@haggle/protocol'
import { createEngine, type Engine, type Handled, type Identity, type Input } from '@haggle/core'
import { FIRST_LINK, hashOf, nextLink, stateHash } from './flight-hash.ts'
import { written } from './value-text.ts'

/** The form of the lines of a flight record. */
export const FLIGHT_FORM = 1
/** Inputs between two hashes of the whole state: each of them costs as much as writing the state down. */
const STATE_EVERY = 4_096

/** Where a flight record goes: a ring of segments, each of which can be replayed by itself. */
export interface FlightSink {
  /** Begins a segment with these lines; false when nothing can be recorded any more. */
  begin(lines: readonly string[]): boolean
  /** Adds a line to the segment; false when nothing can be recorded any more. */
  add(line: string): boolean
  /** Whether the segment is long enough that another one should begin. */
  readonly isFull: boolean
  close(): void
}

/** Makes engines that are recorded, and ends the record. */
export interface FlightRecorder {
  readonly createEngine: (identity: Identity) => Engine
  close(): void
}

/**
 * A flight recorder around the engine: every input, every signature that it made, and a chain over what it answered and did.
 * What is restored from snapshot and log is not recorded: a segment begins with all that the engine remembers. Signatures are in the
 * record so that whoever replays it needs no key.
 */
export function flightRecorder(sink: FlightSink): FlightRecorder {
  let flight: Flight | undefined
  return {
    createEngine(identity) {
      flight = new Flight(sink, identity)
      return flight.engine
    },
    close() {
      flight?.end()
      sink.close()
    },
  }
}

class Flight {
  readonly engine: Engine
  readonly #sink: FlightSink
  readonly #identity: Identity
  readonly #inner: Engine
  #signed: string[] = []
  #state: 'new' | 'recording' | 'over' = 'new'
  #link = FIRST_LINK
  #inputs = 0

  constructor(sink: FlightSink, identity: Identity) {
    this.#sink = sink
    this.#identity = identity
    this.#inner = createEngine({
      ...identity,
      sign: (message) => {
        const signature = identity.sign(message)
        if (this.#state === 'recording') this.#signed.push(toHex(signature))
        return signature
      },
    })
    this.engine = { ...this.#inner, handle: (input) => this.#handle(input) }
  }

  /** The last word of a record: what the engine remembers at its end. */
  end(): void {
    if (this.#state === 'recording') this.#add({ state: stateHash(this.#inner.memory()) })
    this.#state = 'over'
  }

  #handle(input: Input): Handled {
    const isPast = input.kind === 'restored' || input.kind === 'recalled'
    if (isPast || this.#state === 'over') return this.#inner.handle(input)
    if (this.#state === 'new' || this.#sink.isFull) this.#begin()
    this.#signed = []
    let handled: Handled
    try {
      handled = this.#inner.handle(input)
    } catch (error) {
      // What breaks the engine is what a flight record is for.
      this.#add({ input: written(input), signed: this.#signed, threw: String(error) })
      throw error
    }
    this.#link = nextLink(this.#link, handled)
    this.#add({ input: written(input), signed: this.#signed, link: this.#link })
    this.#inputs += 1
    if (this.#inputs % STATE_EVERY === 0) this.#add({ state: stateHash(this.#inner.memory()) })
    return handled
  }

  #begin(): void {
    const memory = written(this.#inner.memory())
    const hash = hashOf(memory)
    if (this.#state === 'recording') this.#add({ state: hash })
    const { self, networkId, epsilonMs, anchors } = this.#identity
    this.#link = FIRST_LINK
    const who = { self, networkId, epsilonMs: epsilonMs ?? null, anchors: anchors ?? [] }
    const head = { flight: FLIGHT_FORM, ...who, state: hash }
    this.#state = this.#sink.begin([JSON.stringify(head), JSON.stringify({ memory })]) ? 'recording' : 'over'
  }

  #add(line: object): void {
    if (this.#state === 'recording' && !this.#sink.add(JSON.stringify(line))) this.#state = 'over'
  }
}
