export { startAgent } from './agent.ts'
export { hireErrorCodes } from './hire-types.ts'
export type {
  Agent,
  AgentComponents,
  AgentEvent,
  AgentInit,
  AgentStatus,
  CloseOptions,
  EventOptions,
  Job,
  JobState,
  NodeEvent,
  PeerStatus,
  SkillStatus,
} from './agent-types.ts'
export type { Credits, Duration, Json, Payload, PayloadSource, Result } from './payload-types.ts'
export type {
  HireErrorCode,
  HireTerms,
  JobMemo,
  ProfileName,
  Review,
  Reviewer,
  ReviewAnswer,
  StoredReview,
} from './hire-types.ts'
export type {
  AnySchema,
  JsonSchema,
  NoInput,
  OfferToQuote,
  Quote,
  ResultSource,
  SchemaHandler,
  SchemaServeOptions,
  SchemaTask,
  ServeOptions,
  Service,
  SubHireTerms,
  Task,
  TaskHandler,
  TaskResult,
  TypedResult,
} from './service-types.ts'
export { creditsOf, microCredits } from './credits.ts'
export { Driver } from './driver.ts'
export type { DriverComponents, DriverInit } from './driver.ts'
export { durationMs } from './duration.ts'
export { flightRecorder } from './flight/flight-recorder.ts'
export type { FlightRecorder, FlightSink } from './flight/flight-recorder.ts'
export { replayFlight } from './flight/replay-flight.ts'
export type { Replayed } from './flight/replay-flight.ts'
export { findContract, findTask } from './find-contract.ts'
export { decodeLogEntry, encodeLogEntry } from './log-codec.ts'
export { offerDefaults } from './offer-job.ts'
export { Partners } from './partners.ts'
export { noMetrics, quietLogger } from './quiet.ts'
export { TaskFailed } from './task-failed.ts'
export { costs, noCosts, phases, sumOf, taxCounter } from './tax.ts'
export type { Costs, TaskCosts, TaskTax, TaxCounter, TaxRow } from './tax.ts'
export { topicName } from './topic-name.ts'
export type { Reputation, Why } from './reputation.ts'
