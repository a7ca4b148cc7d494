export { hireErrorCodes } from './agent-types.ts'
export type {
  Agent, AgentComponents, AgentEvent, AgentInit, AgentStatus, CloseOptions, Credits, Duration, EventOptions,
  HireErrorCode, HireTerms, Job, JobMemo, JobState, Json, NodeEvent, OfferToQuote, Payload, PayloadSource, PeerStatus,
  ProfileName, Quote, Result, Review, Reviewer, ReviewAnswer, ServeOptions, Service, SkillStatus, StoredReview, Task,
  TaskHandler, TaskResult, TypedResult,
} from './agent-types.ts'
export type { Answer, ContractView, Engine, Identity, Handled, Standing, TaskView } from '@haggle/core'
