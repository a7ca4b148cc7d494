export { startAgent } from './agent.ts'
export { hireErrorCodes } from './agent-types.ts'
export type {
  Agent,
  AgentComponents,
  AgentEvent,
  AgentInit,
  AgentStatus,
  CloseOptions,
  Credits,
  Duration,
  EventOptions,
  HireErrorCode,
  HireTerms,
  Job,
  JobMemo,
  JobState,
  Json,
  NodeEvent,
  OfferToQuote,
  Payload,
  PayloadSource,
  PeerStatus,
  ProfileName,
  Quote,
  Result,
  Review,
  Reviewer,
  ReviewAnswer,
  ServeOptions,
  Service,
  SkillStatus,
  StoredReview,
  Task,
  TaskHandler,
  TaskResult,
  TypedResult,
} from './agent-types.ts'
export { creditsOf, microCredits } from './credits.ts'
export { Driver } from './driver.ts'
export type { DriverComponents, DriverInit } from './driver.ts'
export { durationMs } from './duration.ts'
export { findContract, findTask } from './find-contract.ts'
export { decodeLogEntry, encodeLogEntry } from './log-codec.ts'
export { offerDefaults } from './offer-job.ts'
export { noMetrics, quietLogger } from './quiet.ts'
export { TaskFailed } from './task-failed.ts'
export { costs, noCosts, phases, sumOf, taxCounter } from './tax.ts'
export type { Costs, TaskCosts, TaskTax, TaxCounter, TaxRow } from './tax.ts'
export { topicName } from './topic-name.ts'
