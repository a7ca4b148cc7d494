import { authenticate, decodeFrame, decodeWire, type Frame, type HaggleRecord, type NetworkId } from '@haggle/protocol'
import type { Verify } from '@haggle/ports'
import { hashOf } from '../trace.ts'

/** Records that are remembered by their bytes. */
const MOST = 200_000

interface Known {
  readonly wire: Uint8Array
  readonly record: HaggleRecord | undefined
}

/** A frame with the genuine records in it. */
export interface ReadFrame {
  readonly frame: Frame | null
  readonly records: readonly HaggleRecord[]
}

/** Reads every record of a world once, however many agents and onlookers read it. */
export class Library {
  readonly #networkId: NetworkId
  readonly #verify: Verify
  readonly #frames = new WeakMap<Uint8Array, ReadFrame>()
  #known = new Map<number, Known>()

  constructor(networkId: NetworkId, verify: Verify) {
    this.#networkId = networkId
    this.#verify = verify
  }

  /** The genuine record of a wire form; undefined when form or signature are wrong. */
  recordOf(wire: Uint8Array): HaggleRecord | undefined {
    const key = hashOf(wire)
    const known = this.#known.get(key)
    if (known !== undefined && isSame(known.wire, wire)) return known.record
    if (this.#known.size >= MOST) this.#known = new Map()
    const record = this.#read(wire)
    this.#known.set(key, { wire, record })
    return record
  }

  frameOf(bytes: Uint8Array): ReadFrame {
    const known = this.#frames.get(bytes)
    if (known !== undefined) return known
    const decoded = decodeFrame(bytes)
    const frame = decoded.ok ? decoded.frame : null
    const wires = frame?.kind === 'records' ? frame.records : []
    const read = { frame, records: wires.flatMap((wire) => this.recordOf(wire) ?? []) }
    this.#frames.set(bytes, read)
    return read
  }

  #read(wire: Uint8Array): HaggleRecord | undefined {
    const decoded = decodeWire(wire, this.#networkId)
    if (!decoded.ok) return undefined
    const authentic = authenticate(decoded.unverified, this.#verify)
    return authentic.ok ? authentic.record : undefined
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false
  return true
}
