import { CborError, decodeCanonicalCbor } from './canonical-cbor.ts'
import { encodeCanonical } from './cbor-writer.ts'
import type {
  DigestFrame,
  Frame,
  HeartbeatAckFrame,
  HeartbeatFrame,
  ProgressFrame,
  ReconcileFrame,
  RecordsFrame,
  TipFrame,
  WantFrame,
} from './frame-types.ts'
import { limits } from './limits.ts'
import { generation, permille, recordId } from './records/common.ts'
import { bool, bytes, int, list, nullable, ShapeError, struct, text, union } from './schema.ts'
import type { Violation } from './violation.ts'

/** A well-formed frame, or the violation of whoever sent it. */
export type DecodedFrame =
  { readonly ok: true; readonly frame: Frame } | { readonly ok: false; readonly violation: Violation }

const ids = list(recordId, limits.frameIds)

/** Above the epoch of every timestamp, so that a bound can lie beyond all records; four bytes. */
export const LAST_EPOCH = 0xff_ff_ff_ff
/** ENC-21: what the other side cannot have prepared a collision for, and half of a hash that it salts. */
const SALT_BYTES = 16
const HASH_BYTES = 32
/** Far more steps than two honest sides need. */
const LAST_STEP = 255

const reconcileRange = struct({
  epoch: int(LAST_EPOCH),
  prefix: bytes(HASH_BYTES),
  print: nullable(bytes(SALT_BYTES, SALT_BYTES)),
  ids: nullable(ids),
})

/** ENC-16: every frame is [kind, fields] with the same canonical encoding and the same schemas as records. */
const frameSchema = union<{
  records: Omit<RecordsFrame, 'kind'>
  heartbeat: Omit<HeartbeatFrame, 'kind'>
  'heartbeat-ack': Omit<HeartbeatAckFrame, 'kind'>
  progress: Omit<ProgressFrame, 'kind'>
  tip: Omit<TipFrame, 'kind'>
  digest: Omit<DigestFrame, 'kind'>
  want: Omit<WantFrame, 'kind'>
  reconcile: Omit<ReconcileFrame, 'kind'>
}>({
  records: struct({
    records: list(bytes(limits.recordBytes, 1), limits.frameRecords),
    payloads: list(bytes(limits.inlineBytes), limits.framePayloads),
  }),
  heartbeat: struct({ contract: recordId, generation, n: int() }),
  'heartbeat-ack': struct({ contract: recordId, n: int() }),
  progress: struct({ contract: recordId, generation, permille, note: nullable(text(256)) }),
  tip: struct({ contract: recordId, generation, held: ids, answer: bool }),
  digest: struct({ shards: list(int(limits.shards - 1), limits.shards), held: ids, answer: bool }),
  want: struct({ ids }),
  // ENC-20 ENC-21: as many ranges as ids, so that one of few records each fits.
  reconcile: struct({
    session: int(),
    step: int(LAST_STEP),
    begin: nullable(struct({ salt: bytes(SALT_BYTES, SALT_BYTES), digest: bytes(HASH_BYTES, HASH_BYTES) })),
    ranges: list(reconcileRange, limits.frameIds),
    offer: ids,
    want: ids,
  }),
})

/** The bytes of one frame. Throws `TypeError` when the frame is beyond its own bounds: that is our bug, never a peer's. */
export function encodeFrame(frame: Frame): Uint8Array {
  const value = frameSchema.encode(frame)
  try {
    frameSchema.decode(value, frame.kind)
  } catch (error) {
    throw new TypeError(`our own ${frame.kind} frame is out of bounds`, { cause: error })
  }
  const encoded = encodeCanonical(value)
  if (encoded.length > limits.frameBytes) throw new TypeError(`our own ${frame.kind} frame is too large`)
  return encoded
}

/** One frame from the bytes of a stream. Total: no bytes make it throw. */
export function decodeFrame(encoded: Uint8Array): DecodedFrame {
  // ENC-17: the size is looked at before anything is read.
  if (encoded.length > limits.frameBytes) return refused('frame/too-large', `${encoded.length} bytes`)
  try {
    return { ok: true, frame: frameSchema.decode(decodeCanonicalCbor(encoded), 'frame') }
  } catch (error) {
    if (error instanceof CborError || error instanceof ShapeError) return refused('frame/malformed', error.message)
    throw error
  }
}

function refused(code: 'frame/malformed' | 'frame/too-large', note: string): DecodedFrame {
  return { ok: false, violation: { code, note } }
}
