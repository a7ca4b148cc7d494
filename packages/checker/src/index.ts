export { checkHistories } from './check-histories.ts'
export type { AgentHistory, CheckInit, CheckReport, Finding, StoredRow } from './history.ts'
export { invariants, undecidable } from './invariants.ts'
export type { InvariantId } from './invariants.ts'
