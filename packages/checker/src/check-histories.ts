import type { AgentHistory, CheckInit, CheckReport, Finding } from './history.ts'
import { Ledger } from './ledger.ts'
import { allegations } from './rules/allegations.ts'
import { authors } from './rules/authors.ts'
import { awards } from './rules/awards.ts'
import { ends } from './rules/ends.ts'
import { generations } from './rules/generations.ts'
import { ownWord } from './rules/own-word.ts'
import { rest } from './rules/rest.ts'
import type { Rule } from './rules/rule.ts'
import { settlements, settlingApproval } from './rules/settlements.ts'
import { slots } from './rules/slots.ts'
import { told } from './rules/told.ts'

/** More findings than anybody reads: one damaged log can break an invariant in every row. */
const MOST_LISTED = 1_000

const rules: readonly Rule[] = [
  ...[noticed, authors, awards, generations, settlements, ownWord, ends, allegations, told, slots, rest],
]

/**
 * Judges what agents have written down, all of them together. It knows the records of the protocol and nothing of the engine
 * that made them: every rule is written a second time, from the design.
 */
export function checkHistories(histories: readonly AgentHistory[], init: CheckInit): CheckReport {
  const ledger = new Ledger(histories, init.verify)
  const all = distinct(rules.flatMap((rule) => rule(ledger, init)))
  const contracts = new Set(ledger.chronicles.flatMap(({ contracts: held }) => [...held.keys()]))
  const settled = new Set(
    ledger.chronicles.flatMap(({ contracts: held }) =>
      [...held.values()].flatMap((each) => (settlingApproval(each) === undefined ? [] : [each.award.record.body.task])),
    ),
  )
  return {
    findings: all.slice(0, MOST_LISTED),
    unlisted: Math.max(0, all.length - MOST_LISTED),
    agents: ledger.chronicles.length,
    records: ledger.records.size,
    events: ledger.chronicles.reduce((sum, { events }) => sum + events.length, 0),
    contracts: contracts.size,
    settled: settled.size,
  }
}

function noticed(ledger: Ledger): readonly Finding[] {
  return ledger.chronicles.flatMap(({ directory, noticed: each }) => each.map((one) => ({ ...one, directory })))
}

/** What both parties' logs show alike is one finding. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  const known = new Map<string, Finding>()
  for (const finding of findings) {
    const { invariant, text, records, directory } = finding
    const key = `${invariant}/${text}/${records.length === 0 ? directory : records.join()}`
    if (!known.has(key)) known.set(key, finding)
  }
  return [...known.values()].toSorted(
    (a, b) =>
      order(a.invariant) - order(b.invariant) || (a.directory < b.directory ? -1 : a.directory > b.directory ? 1 : 0),
  )
}

/** S before L, each by its number. */
function order(invariant: string): number {
  return (invariant.startsWith('S') ? 0 : 1_000) + Number(invariant.slice(1))
}
