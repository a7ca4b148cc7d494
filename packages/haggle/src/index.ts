export { createAgent } from './create-agent.ts'
export type { CreateAgentInit } from './create-agent.ts'
export type { Genesis } from './genesis/genesis.ts'
export { parseTaskFile } from './task-file/parse.ts'
export type { ParsedTaskFile, TaskFileProblem } from './task-file/parse.ts'
export { verifyTaskFile } from './task-file/verify.ts'
export type { ContractVerdict, Verification } from './task-file/verify.ts'
export { writeTaskFile } from './task-file/write.ts'
export { hireErrorCodes, TaskFailed } from '@haggle/node'
export type { ContractView, TaskView, Verdict } from '@haggle/core'
export { HaggleError } from '@haggle/protocol'
export type {
  Agent,
  AgentComponents,
  AnySchema,
  AgentEvent,
  AgentStatus,
  CloseOptions,
  Credits,
  Duration,
  EventOptions,
  HireErrorCode,
  HireTerms,
  Job,
  JobState,
  Json,
  OfferToQuote,
  JsonSchema,
  NoInput,
  Payload,
  PayloadSource,
  PeerStatus,
  ProfileName,
  Reputation,
  Quote,
  Result,
  Review,
  ResultSource,
  ReviewAnswer,
  SchemaHandler,
  SchemaServeOptions,
  SchemaTask,
  ServeOptions,
  Service,
  SkillStatus,
  SubHireTerms,
  Task,
  TaskHandler,
  TaskResult,
  TypedResult,
  Why,
} from '@haggle/node'
