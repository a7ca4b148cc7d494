export type { Answer } from './answer.ts'
export type { AppRequest } from './app-request.ts'
export type { ClockDoubt } from './clock-watch.ts'
export type { Command, Job, OfferedSkill } from './command.ts'
export type { Effect } from './effect.ts'
export { createEngine } from './engine.ts'
export type { Engine, Handled } from './engine.ts'
export type { EngineEvent, ScoredBid } from './event.ts'
export type { Input, Now } from './input.ts'
export type { AllegedFault, ClosedAs, LogEntry } from './log-entry.ts'
export type { EngineMemory } from './memory.ts'
export { refusalCodes } from './refusal.ts'
export type { Refusal, RefusalCode } from './refusal.ts'
export type { SnapshotPart } from './snapshot.ts'
export type { Identity } from './turn.ts'
export type { ContractView, Standing, TaskView } from './views.ts'
export type { Wakeup } from './wakeup.ts'
export { defaultLeaseMs, graceMs } from './contract/timing.ts'
export { profiles } from './contract/profiles.ts'
export type { CheckWord } from './contract/ends.ts'
export { factsOf } from './judge/facts.ts'
export { judge } from './judge/judge.ts'
export { checkTaskRecords, orderTaskRecords } from './judge/task-file.ts'
export type { FileCheck } from './judge/task-file.ts'
export type { CertificateView, Fault, Grade, JudgePorts, Verdict } from './judge/verdict.ts'
export { certificatesOf, countsFor, doubleVotes, panelOf, verdictOf } from './witness/certificate.ts'
export type { Certificate, CountedVote, Panel, SlotCertificates, SlotVerdict } from './witness/certificate.ts'
export { quorumsOf } from './witness/panel.ts'
export type { Quorums } from './witness/panel.ts'
export {
  decideSlot,
  decisionDue,
  newSlot,
  noteAcknowledged,
  noteArrival,
  noteBytes,
  noteEcho,
  takeAsk,
  takeChallenge,
} from './witness/slot-vote.ts'
export type { AskAnswer, Ballot, Sight, SlotMemory, SlotRules } from './witness/slot-vote.ts'
export type { CreditFact, Facts, FaultFact, PledgeFact, TombstoneFact } from './score/facts.ts'
export type { Credit } from './score/credit-ball.ts'
export { scoreGraph } from './score/score-graph.ts'
export type { Cut, Debt, GraphParams, RankShare, ScoreGraph, ScoreGraphInit } from './score/score-graph.ts'
export { admits, creditLimit } from './score/admission.ts'
export type { Admission, AdmissionPolicy } from './score/admission.ts'
export { computeScores } from './score/scores.ts'
export type { Because, ScoreParams, Scores } from './score/scores.ts'
export type { CreditPart, DebtPart } from './score/tally.ts'
export type { FailurePart, SuccessPart, WeighedQuality } from './score/weighed-quality.ts'
