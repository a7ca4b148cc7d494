import { invariants, undecidable, type CheckReport, type Finding } from '@haggle/checker'
import { recordText, type JsonValue } from '@haggle/protocol'
import { printable, shortRecord } from './event-view.ts'

/** A check as one JSON object. */
export function checkJson(report: CheckReport): { readonly [field: string]: JsonValue } {
  const { findings, unlisted, agents, records, events, contracts, settled } = report
  return {
    clean: findings.length === 0,
    ...{ agents, records, events, contracts, settled },
    violations: findings.map((finding) => ({
      invariant: finding.invariant,
      sentence: invariants[finding.invariant],
      text: finding.text,
      directory: finding.directory,
      records: finding.records.map((id) => recordText(id)),
    })),
    unlisted,
    checked: Object.keys(invariants),
    undecidable,
  }
}

/** A check for people: what was violated, by invariant, and what was looked at. */
export function checkText(report: CheckReport): string {
  const { findings, unlisted, agents, records, events, contracts, settled } = report
  const lines: string[] = []
  let last = ''
  for (const finding of findings) {
    if (finding.invariant !== last) lines.push(`${finding.invariant.padEnd(4)}${invariants[finding.invariant]}`)
    last = finding.invariant
    lines.push(...linesOf(finding))
  }
  if (unlisted > 0) lines.push(`and ${unlisted} more`)
  const looked = `${agents} agent(s), ${records} records, ${events} events, ${contracts} contracts, ${settled} tasks settled`
  const said = findings.length === 0 ? 'no violation' : `${findings.length + unlisted} violation(s)`
  return `${[...lines, `${looked}: ${said}.`].join('\n')}\n`
}

function linesOf({ directory, text, records }: Finding): readonly string[] {
  const proof = records.length === 0 ? [] : [`      ${records.map((id) => shortRecord(id)).join('  ')}`]
  return [`    ${printable(directory)}: ${printable(text)}`, ...proof]
}
