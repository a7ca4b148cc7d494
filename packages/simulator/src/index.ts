export type {
  Cast,
  CastMember,
  Finding,
  Invariant,
  Moment,
  Observer,
  SeenFrame,
  SeenGossip,
  SeenRow,
  Who,
  WorldEnd,
} from './oracle/observer.ts'
export { standardInvariants } from './oracle/standard.ts'
export { checkPlantable, findMutant } from './mutants/apply.ts'
export { mutants } from './mutants/bank.ts'
export type { Mutant } from './mutants/mutant.ts'
export { runMutant } from './mutants/run-mutant.ts'
export type { MutantOptions, MutantVerdict } from './mutants/run-mutant.ts'
export { parsePlan } from './plan/parse-plan.ts'
export type { Plan } from './plan/plan.ts'
export { minimizeMutant, runBatch, runOnePlan } from './run/batch.ts'
export type { BatchInit } from './run/batch.ts'
export { minimize } from './run/minimize.ts'
export type { Minimal } from './run/minimize.ts'
export type { Outcome, ToldFinding } from './run/outcome.ts'
export { reportText, Tallyman } from './run/report.ts'
export type { BatchReport, Failure } from './run/report.ts'
export { measureTax } from './run/tax.ts'
export type { TaxCurve, TaxPoint } from './run/tax.ts'
export { runPlan } from './run/run-plan.ts'
export { taxChart } from './run/tax-chart.ts'
export { drawPace } from './scenarios/pace.ts'
export { scenarioOf, scenarios } from './scenarios/scenarios.ts'
export type { Scenario } from './scenarios/scenarios.ts'
export { tallySlots } from './slots/tally.ts'
export type { SlotTally } from './slots/tally.ts'
export { slotVariants } from './slots/setting.ts'
export { slotViolations } from './slots/weigh.ts'
export { parseSeed, parseSeeds } from './seed.ts'
export type { Seed, SeedRange } from './seed.ts'
export { World } from './world/world.ts'
export type { RunResult, WorldOptions } from './world/world.ts'
export type { BurnTable, MarketCell, MarketRow, TrustReport, TrustReportInit } from './trust/report.ts'
export { trustReport } from './trust/report.ts'
export { trustTables } from './trust/tables.ts'
