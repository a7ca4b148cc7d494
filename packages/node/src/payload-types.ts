import type { AgentKey, DurationMs, PayloadHash, RecordId } from '@haggle/protocol'

/** Milliseconds, or a text such as `500ms`, `30s`, `10m`, `1h`. */
export type Duration = DurationMs | string
/** Credits as people write them: decimal, at most six digits after the point. */
export type Credits = number

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
/** What a payload can be made of: text and bytes as they are, a stream of bytes, any other value as JSON. */
export type PayloadSource = Json | Uint8Array | AsyncIterable<Uint8Array>

/** The bytes of an input or a result, held in the blob store; nothing is read before it is asked for. `size` in bytes. */
export interface Payload {
  readonly size: number
  readonly hash: PayloadHash
  readonly mediaType: string | null
  text(): Promise<string>
  json(): Promise<unknown>
  bytes(): Promise<Uint8Array>
  stream(offset?: number): AsyncIterable<Uint8Array>
  /** The spooled file, for a child process that reads it; null for a payload so small that it has none. */
  path(): Promise<string | null>
}
/** A delivered result, and the contract that it came by. `price` in credits. */
export interface Result extends Payload {
  readonly contract: RecordId
  readonly task: RecordId
  readonly worker: AgentKey
  readonly price: Credits
  readonly generation: number
}
