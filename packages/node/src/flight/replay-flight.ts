import { fromHex, HaggleError, type AgentKey, type NetworkId } from '@haggle/protocol'
import { createEngine, type Engine, type EngineMemory, type Input } from '@haggle/core'
import { FIRST_LINK, nextLink, stateHash } from './flight-hash.ts'
import { FLIGHT_FORM } from './flight-recorder.ts'
import { readValue, type WrittenValue } from './value-text.ts'

/** What came of replaying one segment. */
export interface Replayed {
  readonly inputs: number
  /** What the engine remembers after the last input, as a hash. */
  readonly state: string
  /** The first input, counted from 1, after which it was not the same; null: all was the same. */
  readonly differsAt: number | null
  /** What differed, or how the flight ended; empty: nothing to say. */
  readonly note: string
}

/**
 * Runs the inputs of one segment through an engine again and compares what it answers, does and remembers. Throws
 * `flight/unreadable` when the lines are no flight record of this version; a last line that was cut off counts for nothing.
 */
export async function replayFlight(lines: AsyncIterable<string>): Promise<Replayed> {
  let number = 0
  let replay: Replay | undefined
  let head: Head | undefined
  let cut: unknown
  for await (const line of lines) {
    number += 1
    if (cut !== undefined) throw unreadable(number - 1, cut)
    if (line === '') continue
    try {
      if (head === undefined) head = headOf(line)
      else if (replay === undefined) replay = new Replay(head, line)
      else replay.take(line)
    } catch (error) {
      // Only a last line may be torn: a process that is killed writes no more.
      cut = error
    }
    if (replay?.isOver === true) break
  }
  if (replay === undefined) throw unreadable(number, cut)
  return replay.result()
}

interface Head {
  readonly self: AgentKey
  readonly networkId: NetworkId
  readonly epsilonMs: number | null
  readonly anchors: readonly AgentKey[]
  readonly state: string
}

class Replay {
  readonly #engine: Engine
  readonly #networkId: NetworkId
  #signatures: string[] = []
  #link = FIRST_LINK
  #inputs = 0
  #differsAt: number | null = null
  #note = ''

  constructor({ self, networkId, epsilonMs, anchors, state }: Head, line: string) {
    this.#networkId = networkId
    const { memory } = fieldsOf(line)
    const identity = {
      ...{ self, networkId, anchors, sign: () => this.#sign() },
      ...(epsilonMs === null ? {} : { epsilonMs }),
    }
    // The recorder wrote what `memory()` gave; a memory of another shape shows in its hash.
    this.#engine = createEngine(identity, readValue(valueOf(memory), networkId) as EngineMemory)
    if (stateHash(this.#engine.memory()) !== state) this.#differs('the memory that it begins with')
  }

  get isOver(): boolean {
    return this.#differsAt !== null
  }

  take(line: string): void {
    const fields = fieldsOf(line)
    if ('state' in fields) {
      if (stateHash(this.#engine.memory()) !== fields['state']) this.#differs('what the engine remembers')
      return
    }
    const { input, signed, link, threw } = fields
    if (!Array.isArray(signed)) throw new TypeError('an input without its signatures')
    this.#signatures = signed.map(String)
    // Handled by the same code that handled it when it was recorded; what it cannot handle is told of as a difference.
    const given = readValue(valueOf(input), this.#networkId) as Input
    this.#inputs += 1
    try {
      this.#link = nextLink(this.#link, this.#engine.handle(given))
      if (threw !== undefined) this.#differs(`the engine, which broke then: ${JSON.stringify(threw)}`)
      else if (this.#link !== link) this.#differs('what the engine answered or did')
    } catch (error) {
      if (threw === undefined) this.#differs(`the engine, which breaks now: ${String(error)}`)
      else this.#note = `the engine broke, as it did then: ${String(error)}`
    }
  }

  result(): Replayed {
    const state = stateHash(this.#engine.memory())
    return { inputs: this.#inputs, state, differsAt: this.#differsAt, note: this.#note }
  }

  #sign(): Uint8Array {
    const signature = this.#signatures.shift()
    if (signature === undefined) throw new TypeError('it signs more than it did then')
    return fromHex(signature)
  }

  #differs(what: string): void {
    this.#differsAt = this.#inputs
    this.#note = what
  }
}

function headOf(line: string): Head {
  const { flight, self, networkId, epsilonMs, anchors, state } = fieldsOf(line)
  if (flight !== FLIGHT_FORM) throw new TypeError('it is of another form')
  // Without a word about anchors there were none.
  const trusted: unknown = anchors ?? []
  if (!isId(self) || !isId(networkId) || typeof state !== 'string' || !areKeys(trusted))
    throw new TypeError('its first line is incomplete')
  // Each was looked at: 64 digits of lower-case hexadecimal are what the brands say.
  const known = { self: self as AgentKey, networkId: networkId as NetworkId, anchors: trusted, state }
  return { ...known, epsilonMs: typeof epsilonMs === 'number' ? epsilonMs : null }
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null) throw new TypeError('a line that is no object')
  return { ...value }
}

function valueOf(value: unknown): WrittenValue {
  if (typeof value !== 'object' || value === null || !('records' in value) || !('value' in value))
    throw new TypeError('a value without its records')
  const { records } = value
  if (!Array.isArray(records) || !records.every((each) => typeof each === 'string' && /^([0-9a-f]{2})+$/.test(each)))
    throw new TypeError('records that are no bytes')
  // JSON gives nothing else.
  return { records, value: value.value as WrittenValue['value'] }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function areKeys(value: unknown): value is readonly AgentKey[] {
  return Array.isArray(value) && value.every(isId)
}

function unreadable(line: number, cause: unknown): HaggleError {
  const why = cause instanceof Error ? cause.message : 'it ends too soon'
  return new HaggleError('flight/unreadable', `line ${line} is no line of a flight record: ${why}`, {
    next: 'Replay it with the version of haggle that recorded it, from a copy that is whole.',
    ...(cause === undefined ? {} : { cause }),
  })
}
