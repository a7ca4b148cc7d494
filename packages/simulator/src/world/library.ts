import {
  authenticate,
  decodeFrame,
  decodeWire,
  type Decoded,
  type Frame,
  type HaggleRecord,
  type NetworkId,
} from '@haggle/protocol'
import type { Verify } from '@haggle/ports'
import { hashOf } from '../trace.ts'

/** Records that are remembered by their bytes. */
const MOST = 50_000

interface Known {
  readonly wire: Uint8Array
  readonly decoded: Decoded
  /** Undefined until somebody asks; null when the signature is wrong. */
  record: HaggleRecord | null | undefined
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
  /** Gossip passes on the very bytes that it got. */
  readonly #same = new WeakMap<Uint8Array, Known>()
  #known = new Map<number, Known>()

  constructor(networkId: NetworkId, verify: Verify) {
    this.#networkId = networkId
    this.#verify = verify
  }

  /** What the product makes of a wire form before it looks at the signature. */
  decode(wire: Uint8Array): Decoded {
    return this.#knownOf(wire).decoded
  }

  /** The genuine record of a wire form; undefined when form or signature are wrong. */
  recordOf(wire: Uint8Array): HaggleRecord | undefined {
    const known = this.#knownOf(wire)
    if (known.record === undefined) {
      const { decoded } = known
      const authentic = decoded.ok ? authenticate(decoded.unverified, this.#verify) : decoded
      known.record = authentic.ok ? authentic.record : null
    }
    return known.record ?? undefined
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

  #knownOf(wire: Uint8Array): Known {
    const same = this.#same.get(wire)
    if (same !== undefined) return same
    const key = hashOf(wire)
    const before = this.#known.get(key)
    if (before !== undefined && isSame(before.wire, wire)) {
      this.#same.set(wire, before)
      return before
    }
    if (this.#known.size >= MOST) this.#known = new Map()
    // A copy of its own: what is read once must not change afterwards.
    const own = wire.slice()
    const known: Known = { wire: own, decoded: decodeWire(own, this.#networkId), record: undefined }
    this.#known.set(key, known)
    this.#same.set(wire, known)
    return known
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false
  return true
}
