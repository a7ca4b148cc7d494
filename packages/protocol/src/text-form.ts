import { base32 } from 'multiformats/bases/base32'
import { base58btc } from 'multiformats/bases/base58'
import { fromHex, toHex } from './hex.ts'
import type { AgentKey, PayloadHash, RecordId } from './units.ts'

// CIDv1 prefixes: version 1, codec, sha2-256, 32 bytes.
const RECORD_PREFIX = [0x01, 0x71, 0x12, 0x20]
const PAYLOAD_PREFIX = [0x01, 0x55, 0x12, 0x20]
// Identity multihash of the protobuf { type: Ed25519, data: 32 bytes }: what libp2p calls an Ed25519 PeerId.
const AGENT_PREFIX = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20]

/** A record id as people see it: CIDv1, dag-cbor, sha2-256, base32. */
export function recordText(id: RecordId): string {
  return base32.encode(prefixed(RECORD_PREFIX, id))
}

/** A payload hash as people see it: CIDv1, raw, sha2-256, base32. */
export function payloadText(hash: PayloadHash): string {
  return base32.encode(prefixed(PAYLOAD_PREFIX, hash))
}

/** An agent key as people see it: its libp2p PeerId. */
export function agentText(key: AgentKey): string {
  return base58btc.encode(prefixed(AGENT_PREFIX, key)).slice(1)
}

/** The record id of a CIDv1 text, or undefined when the text is not one. */
export function recordFromText(text: string): RecordId | undefined {
  return stripped(RECORD_PREFIX, () => base32.decode(text)) as RecordId | undefined
}

/** The payload hash of a CIDv1 text, or undefined when the text is not one. */
export function payloadFromText(text: string): PayloadHash | undefined {
  return stripped(PAYLOAD_PREFIX, () => base32.decode(text)) as PayloadHash | undefined
}

/** The agent key of a PeerId text, or undefined when the text is not an Ed25519 PeerId. */
export function agentFromText(text: string): AgentKey | undefined {
  return stripped(AGENT_PREFIX, () => base58btc.decode(`z${text}`)) as AgentKey | undefined
}

function prefixed(prefix: readonly number[], hex: string): Uint8Array {
  return Uint8Array.from([...prefix, ...fromHex(hex)])
}

function stripped(prefix: readonly number[], decode: () => Uint8Array): string | undefined {
  let bytes: Uint8Array
  try {
    bytes = decode()
  } catch {
    return undefined
  }
  if (bytes.length !== prefix.length + 32 || prefix.some((byte, index) => bytes[index] !== byte)) return undefined
  return toHex(bytes.subarray(prefix.length))
}
