import type { HaggleRecord, RecordId } from '@haggle/protocol'
import type { Chronicle, HeldContract } from '../chronicle.ts'
import type { Finding } from '../history.ts'
import type { Ledger } from '../ledger.ts'
import type { Stage } from '../stage.ts'

type Reopening = HaggleRecord<'reopening'>

/** S3: a later generation has its ground. S4: who knows of it leaves the older one alone. S20: what is over stays so. */
export function generations(ledger: Ledger): readonly Finding[] {
  return ledger.chronicles.flatMap((chronicle) => [
    ...groundless(chronicle),
    ...zombies(chronicle),
    ...revenants(chronicle),
  ])
}

function groundless(chronicle: Chronicle): readonly Finding[] {
  const findings: Finding[] = []
  for (const { seq, record } of chronicle.records.values()) {
    if (record.type === 'award' && record.author === chronicle.agent && record.body.generation > 1) {
      if (!chronicle.records.has(record.body.prev) && chronicle.whole)
        findings.push(finding(chronicle, 'S3', 'an own award of a later generation follows no reopening', [record.id]))
    }
    if (record.type !== 'reopening' || record.author !== chronicle.agent) continue
    const problem = groundProblem(chronicle, seq, record)
    if (problem !== null) findings.push(finding(chronicle, 'S3', problem.text, [record.id, ...problem.records]))
  }
  return findings
}

interface Problem {
  readonly text: string
  readonly records: readonly RecordId[]
}

/** What the requester's own log, up to the reopening, says against its ground; null: it bears it out. */
function groundProblem(chronicle: Chronicle, seq: number, reopening: Reopening): Problem | null {
  const { task, generation, reason, proof } = reopening.body
  const before = contractOf(chronicle, task, generation - 1)
  if (before === undefined) {
    if (!chronicle.whole) return null
    return { text: `generation ${generation} follows one that was never awarded`, records: [] }
  }
  const contract = before.award.record.id
  const settled = [...before.nodes.values()].find(({ stage }) => isEnd(stage, 'settled'))
  if (settled !== undefined) return { text: 'the task was reopened after it had settled', records: [settled.entry.id] }
  switch (reason) {
    case 'certificate':
      return { text: 'a certificate is named where the terms name no panel', records: [contract] }
    case 'lapsed': {
      if (before.lapsed.some((at) => at < seq)) return null
      return { text: 'the award is said to have lapsed, and the log knows of no lapse', records: [contract] }
    }
    case 'judgement': {
      const judged =
        before.alleged.some((each) => each.seq < seq && each.fault === 'ABANDONED') ||
        before.closings.some((each) => each.seq < seq && each.record.author === chronicle.agent)
      return judged ? null : { text: 'a judgement that nothing in the log bears out', records: [contract] }
    }
    case 'declined':
    case 'withdrawn':
    case 'ended':
      return proofProblem(before, seq, reason, proof)
  }
}

function proofProblem(
  before: HeldContract,
  seq: number,
  reason: 'declined' | 'withdrawn' | 'ended',
  proof: RecordId | null,
): Problem | null {
  const node = proof === null ? undefined : before.nodes.get(proof)
  const contract = before.award.record.id
  if (node === undefined || node.seq > seq)
    return { text: `the contract is said to be ${reason}, without a proof in the log`, records: [contract] }
  const wanted = reason === 'declined' ? 'decline' : reason === 'withdrawn' ? 'withdraw' : null
  const proves = wanted === null ? node.stage.kind === 'ended' : node.entry.type === wanted
  return proves ? null : { text: `its proof does not show that the contract was ${reason}`, records: [node.entry.id] }
}

/** S4: the worker's delivery, or the requester's review, in a generation that its own log had left before. */
function zombies(chronicle: Chronicle): readonly Finding[] {
  const findings: Finding[] = []
  const reopened = reopeningsOf(chronicle)
  for (const held of chronicle.contracts.values()) {
    const { task, generation } = held.award.record.body
    const later = reopened.get(task)?.find((each) => each.record.body.generation > generation)
    if (later === undefined) continue
    for (const { seq, entry } of held.nodes.values()) {
      if (entry.author !== chronicle.agent || seq < later.seq) continue
      if (!['accept', 'deliver', 'failed', 'approve', 'reject'].includes(entry.type)) continue
      const text = `${entry.type} in generation ${generation} after the reopening as ${later.record.body.generation}`
      findings.push(finding(chronicle, 'S4', text, [entry.id, later.record.id]))
    }
  }
  return findings
}

/** S20: an award or reopening of a task that was closed, an opening of an award that had lapsed, an entry after the own closing. */
function revenants(chronicle: Chronicle): readonly Finding[] {
  const findings: Finding[] = []
  for (const { seq, record } of chronicle.records.values()) {
    if (record.author !== chronicle.agent || (record.type !== 'award' && record.type !== 'reopening')) continue
    const closed = chronicle.closedTasks.get(record.body.task)
    if (closed !== undefined && closed < seq)
      findings.push(finding(chronicle, 'S20', `${record.type} of a task that was off the board`, [record.id]))
  }
  for (const { openings, lapsed, closings, nodes, overtaken } of chronicle.contracts.values()) {
    if (overtaken) continue
    for (const { seq, record } of openings) {
      if (record.author === chronicle.agent && lapsed.some((at) => at < seq))
        findings.push(finding(chronicle, 'S20', 'an award was opened after it had lapsed', [record.id]))
    }
    const closing = closings.find(({ record }) => record.author === chronicle.agent)
    if (closing === undefined) continue
    for (const { seq, entry } of nodes.values()) {
      if (entry.author === chronicle.agent && seq > closing.seq)
        findings.push(finding(chronicle, 'S20', `${entry.type} after the own closing`, [entry.id, closing.record.id]))
    }
  }
  return findings
}

function contractOf(chronicle: Chronicle, task: RecordId, generation: number): HeldContract | undefined {
  return chronicle.byTask.get(task)?.find((held) => held.award.record.body.generation === generation)
}

function reopeningsOf(
  chronicle: Chronicle,
): ReadonlyMap<RecordId, readonly { readonly seq: number; readonly record: Reopening }[]> {
  const byTask = new Map<RecordId, { seq: number; record: Reopening }[]>()
  for (const { seq, record } of chronicle.records.values()) {
    if (record.type !== 'reopening') continue
    byTask.set(record.body.task, [...(byTask.get(record.body.task) ?? []), { seq, record }])
  }
  return byTask
}

function isEnd(stage: Stage, end: string): boolean {
  return stage.kind === 'ended' && stage.ends.some((each) => each.end === end)
}

function finding(
  { directory }: Chronicle,
  invariant: Finding['invariant'],
  text: string,
  records: readonly RecordId[],
): Finding {
  return { invariant, text, records, directory }
}
