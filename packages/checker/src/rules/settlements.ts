import type { HaggleRecord, RecordId } from '@haggle/protocol'
import type { Chronicle, HeldContract } from '../chronicle.ts'
import type { Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'
import { foundIn } from './rule.ts'

/** S5: one settlement per task, and per key of a job. S23: a settlement pays what was delivered and approved. */
export function settlements(ledger: Ledger): readonly Finding[] {
  return [
    ...twice(ledger),
    ...ledger.chronicles.flatMap((chronicle) => [...twiceByKey(chronicle), ...unpaid(chronicle)]),
  ]
}

/** The approval that settles a contract, where this log shows it. */
export function settlingApproval({ nodes }: HeldContract): HaggleRecord<'approve'> | undefined {
  for (const { entry, stage } of nodes.values()) {
    if (entry.type === 'approve' && stage.kind === 'ended' && stage.ends.some(({ end }) => end === 'settled'))
      return entry
  }
  return undefined
}

function twice(ledger: Ledger): readonly Finding[] {
  const settled = new Map<RecordId, Map<RecordId, RecordId>>()
  for (const { contracts } of ledger.chronicles) {
    for (const [id, held] of contracts) {
      const proof = settlingApproval(held)?.id ?? closedAsSettled(held)
      if (proof === undefined) continue
      const { task } = held.award.record.body
      settled.set(task, (settled.get(task) ?? new Map<RecordId, RecordId>()).set(id, proof))
    }
  }
  return [...settled.values()].flatMap((byContract) => {
    const [first, ...others] = byContract.values()
    if (first === undefined || others.length === 0) return []
    return [foundIn(ledger, 'S5', `one task was settled ${byContract.size} times`, [first, ...others])]
  })
}

function closedAsSettled({ closings }: HeldContract): RecordId | undefined {
  return closings.find(({ record }) => record.body.outcome.end === 'settled')?.record.id
}

function twiceByKey(chronicle: Chronicle): readonly Finding[] {
  const byKey = new Map<string, RecordId>()
  const findings: Finding[] = []
  for (const [task, key] of chronicle.jobs) {
    const held = chronicle.byTask.get(task)?.find((each) => settlingApproval(each) !== undefined)
    if (held === undefined) continue
    const { id } = held.award.record
    const other = byKey.get(key)
    if (other === undefined) byKey.set(key, id)
    else
      findings.push({
        invariant: 'S5',
        text: 'one job was settled under two tasks',
        records: [id, other],
        directory: chronicle.directory,
      })
  }
  return findings
}

/** Each settled contract, and how many of its milestones have a delivery that was approved. */
function unpaid({ contracts, directory }: Chronicle): readonly Finding[] {
  const findings: Finding[] = []
  for (const held of contracts.values()) {
    const claim = closedAsSettled(held)
    if (claim === undefined) continue
    const { milestones } = held.award.record.body.terms
    const approved = new Set<number>()
    for (const { entry } of held.nodes.values()) {
      const answer = held.nodes.get(entry.body.prev)?.entry
      if (entry.type === 'approve' && answer?.type === 'deliver' && answer.body.milestone === entry.body.milestone)
        approved.add(entry.body.milestone)
    }
    if (approved.size >= milestones.length) continue
    const text = `closed as settled with ${approved.size} of ${milestones.length} milestones delivered and approved`
    findings.push({ invariant: 'S23', text, records: [claim, held.award.record.id], directory })
  }
  return findings
}
