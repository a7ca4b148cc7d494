import { checkTaskRecords, judge, type JudgePorts, type Verdict } from '@haggle/core'
import type { ResultCheck, Verify } from '@haggle/ports'
import type { HaggleRecord, PayloadHash, Terms } from '@haggle/protocol'
import { outcomeView } from './outcome-view.ts'
import { firstDifference } from './fields.ts'
import { parseTaskFile, type ParsedTaskFile, type TaskFileProblem } from './parse.ts'

/** A result that somebody holds and the file does not. */
export interface ShownPayload {
  readonly hash: PayloadHash
  /** Its bytes, where a schema could judge them; null when it is larger than any schema reads. */
  readonly bytes: Uint8Array | null
}

export interface VerifyOptions {
  readonly verify: Verify
  readonly checkResult: ResultCheck
  /** Absent: no seal is looked into. */
  readonly opensSeal?: JudgePorts['opensSeal'] & {}
  readonly payload?: ShownPayload
}

/** One contract of a valid file: what was agreed and what the signatures prove. */
export interface ContractVerdict {
  readonly verdict: Verdict
  readonly terms: Terms
  /** The delivery whose result was shown, by its record's number; null when none was. */
  readonly shown: number | null
}

/** What a task file proves, or the first thing that is wrong with it. */
export type Verification =
  | {
      readonly kind: 'valid'
      readonly network: string
      readonly records: readonly HaggleRecord[]
      readonly contracts: readonly ContractVerdict[]
    }
  | TaskFileProblem

/** Judges the text of a task file: pure, offline, the same answer everywhere. */
export function verifyTaskFile(text: string, options: VerifyOptions): Verification {
  const file = parseTaskFile(text, options.verify)
  if (file.kind !== 'parsed') return file
  const { records } = file
  const check = checkTaskRecords(records)
  if (!check.ok) return { kind: 'invalid', record: check.index + 1, reason: check.reason }
  const { payload } = options
  const shown = payload === undefined ? -1 : deliveryOf(records, payload.hash)
  if (payload !== undefined && shown < 0) {
    const last = records.findLastIndex((record) => record.type === 'deliver')
    return { kind: 'invalid', record: Math.max(last, 0) + 1, reason: 'the payload is not what was delivered' }
  }
  const inFile = (hash: PayloadHash): Uint8Array | undefined => file.payloads.get(hash)
  const { checkResult, opensSeal } = options
  const ports = { checkResult, ...(opensSeal === undefined ? {} : { opensSeal }) }
  const said = judge(records, { ...ports, payload: inFile })
  const problem = outcomeProblem(file, said)
  if (problem !== undefined) return problem
  const verdicts =
    payload?.bytes == null
      ? said
      : judge(records, {
          ...ports,
          payload: (hash) => (hash === payload.hash ? (payload.bytes ?? undefined) : inFile(hash)),
        })
  return {
    kind: 'valid',
    network: file.network,
    records,
    contracts: verdicts.flatMap((verdict) => contractVerdict(verdict, records, shown)),
  }
}

function contractVerdict(
  verdict: Verdict,
  records: readonly HaggleRecord[],
  shown: number,
): readonly ContractVerdict[] {
  const award = records.find((record) => record.id === verdict.contract)
  if (award?.type !== 'award') return []
  const delivery = records[shown]
  const isIts = delivery?.type === 'deliver' && delivery.body.contract === verdict.contract
  return [{ verdict, terms: award.body.terms, shown: isIts ? shown + 1 : null }]
}

function deliveryOf(records: readonly HaggleRecord[], hash: PayloadHash): number {
  return records.findIndex((record) => record.type === 'deliver' && record.body.resultHash === hash)
}

/** FILE-07: an outcome that stands in the file is the one that its records prove. */
function outcomeProblem(file: ParsedTaskFile, verdicts: readonly Verdict[]): TaskFileProblem | undefined {
  if (file.outcome === undefined) return undefined
  const wrong = (verdict: Verdict | undefined, reason: string): TaskFileProblem => {
    const index = file.records.findIndex((record) => record.id === verdict?.contract)
    return { kind: 'invalid', record: Math.max(index, 0) + 1, reason }
  }
  if (!Array.isArray(file.outcome) || file.outcome.length !== verdicts.length) {
    return wrong(verdicts[0], `the outcome does not name ${verdicts.length} contract(s)`)
  }
  for (const [index, verdict] of verdicts.entries()) {
    const differing = firstDifference(file.outcome[index] ?? null, outcomeView(verdict), `outcome[${index}]`)
    if (differing !== undefined) return wrong(verdict, `the ${differing} is not what the records prove`)
  }
  return undefined
}
