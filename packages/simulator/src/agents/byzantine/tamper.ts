import {
  createRecord,
  encodeFrame,
  encodeWire,
  type AgentKey,
  type BodyOf,
  type HaggleRecord,
  type NetworkId,
  type RecordType,
} from '@haggle/protocol'
import type { Signer } from '@haggle/ports'
import type { Random } from '../../random.ts'

/** What a cheat works with: its own key, and what it hears and says. */
export interface Cheat {
  readonly random: Random
  readonly signer: Signer
  readonly networkId: NetworkId
  /** The genuine record of a wire form. */
  readonly recordOf: (wire: Uint8Array) => HaggleRecord | undefined
  readonly recordsOf: (frame: Uint8Array) => readonly HaggleRecord[]
  readonly peers: () => readonly AgentKey[]
  /** Puts bytes on a connection, or into gossip, past everything that the product does. */
  readonly inject: (to: AgentKey, frame: Uint8Array) => void
  readonly spread: (topic: string, bytes: Uint8Array) => void
  readonly wallMs: () => number
}

/** A layer between an agent and the wire that says other things than the product would. */
export interface Tamper {
  /** What leaves instead of a frame; nothing: it is swallowed. */
  outgoing?(to: AgentKey, frame: Uint8Array): readonly Uint8Array[]
  /** What is published instead. */
  publishing?(topic: string, bytes: Uint8Array): readonly Uint8Array[]
  /** It hears this. */
  incoming?(from: AgentKey, frame: Uint8Array): void
  overheard?(topic: string, bytes: Uint8Array): void
  /** Nobody gets a payload of it. */
  readonly keepsBytes?: boolean
  /** Called every `everyMs` while the agent runs. */
  readonly everyMs?: number
  readonly idle?: () => void
}

/** A record of the cheat's own, signed as it should be. */
export function signed<T extends RecordType>(cheat: Cheat, type: T, body: BodyOf<T>): HaggleRecord<T> | null {
  const { networkId, signer } = cheat
  try {
    return createRecord(type, body, { networkId, author: signer.key, sign: (message) => signer.sign(message) })
  } catch {
    // What no record can hold is not said.
    return null
  }
}

/** A frame with records in it. */
export function frameOf(records: readonly HaggleRecord[]): Uint8Array {
  return encodeFrame({ kind: 'records', records: records.map(encodeWire), payloads: [] })
}
