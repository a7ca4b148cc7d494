export { authenticate, isStrictKey } from './authenticate.ts'
export type { Authenticated } from './authenticate.ts'
export { decodeCanonical, claimOf, decodeWire, restoreRecord } from './decode-record.ts'
export type { Decoded, UnverifiedRecord } from './decode-record.ts'
export { encodeCanonical } from './cbor-writer.ts'
export { decodeFrame, encodeFrame, LAST_EPOCH } from './frame.ts'
export type { DecodedFrame } from './frame.ts'
export { HaggleError } from './haggle-error.ts'
export type { ErrorDetail, HaggleErrorCode, HaggleErrorInit } from './haggle-error.ts'
export { fromHex, toHex } from './hex.ts'
export { bounds } from './bounds.ts'
export { limits, MAX_AMOUNT } from './limits.ts'
export type { Acceptance, Milestone, ReopenReason, TaskInput, Terms, Timers } from './records/common.ts'
export type {
  Accept,
  Approve,
  Award,
  Cancel,
  Concede,
  Decline,
  Deliver,
  Duty,
  Failed,
  Reject,
  Timeout,
  Withdraw,
} from './records/entries.ts'
export type { Advert, Bid, Offer, Reopening, Trace, Withdrawal } from './records/market.ts'
export type {
  Agree,
  Alive,
  CancelRequest,
  Challenge,
  Closing,
  EndName,
  FaultCode,
  Fenced,
  Heartbeat,
  Opening,
  Outcome,
  Receipt,
  Revived,
} from './records/notes.ts'
export type { Ask, Held, Slot, SlotDuty, Vote, WitnessSet } from './records/witness.ts'
export { entryTypes, evidenceTypes, noteTypes, reservedTypes, schemas } from './registry.ts'
export type { BodyOf, EntryType, EvidenceType, HaggleRecord, NoteType, RecordType } from './registry.ts'
export type { Cbor, Infer, JsonValue, Schema, Shape } from './schema.ts'
export { agentFromText, agentText, payloadFromText, payloadText, recordFromText, recordText } from './text-form.ts'
export { MICRO } from './units.ts'
export type {
  AgentKey,
  DurationMs,
  Instant,
  MicroCredits,
  NetworkId,
  PayloadHash,
  RecordId,
  Timestamp,
} from './units.ts'
export type {
  ControlFrame,
  DigestFrame,
  Frame,
  HeartbeatAckFrame,
  HeartbeatFrame,
  ProgressFrame,
  ReconcileFrame,
  ReconcileRange,
  RecordsFrame,
  TipFrame,
  Topic,
  WantFrame,
} from './frame-types.ts'
export { isNetworkName, networkIdOf, PROTOCOL_VERSION, protocolParams, shardOf } from './params.ts'
export type { ProtocolParams } from './params.ts'
export {
  canonicalBytes,
  createRecord,
  encodeWire,
  payloadHashOf,
  sha256Of,
  recordIdOf,
  recordView,
  sharingBody,
  signedMessage,
} from './record.ts'
export type { RecordOrigin } from './record.ts'
export { violations } from './violation.ts'
export type { GossipResult, Severity, Violation, ViolationCode, ViolationRule } from './violation.ts'
