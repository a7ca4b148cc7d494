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
export { parsePlan } from './plan/parse-plan.ts'
export type { Plan } from './plan/plan.ts'
export { runPlan, runSeed } from './run/run-seed.ts'
export { scenarioOf, scenarios } from './scenarios/scenarios.ts'
export type { Scenario } from './scenarios/scenarios.ts'
export { parseSeed, parseSeeds } from './seed.ts'
export { World } from './world/world.ts'
export type { RunResult } from './world/world.ts'
