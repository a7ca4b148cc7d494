import { checkHistories, type CheckReport, type Finding } from '@haggle/checker'
import { ed25519Verify } from '@haggle/node/pure'
import { readHistory } from '../../../packages/haggle/src/check/read-history.ts'

/** Findings that say that somebody was held to be at fault without reason. */
const WRONGLY: ReadonlySet<string> = new Set(['S10', 'S11', 'S18', 'S19'])

/** What the history checker says of directories of agents that do not run, which met each other until now. */
export async function judge(directories: readonly string[], slots: number | null): Promise<CheckReport> {
  const histories = []
  for (const directory of directories) histories.push(await readHistory(directory))
  return checkHistories(histories, { verify: ed25519Verify, restedAt: Date.now(), slots })
}

/** The counts that the acceptance of the chaos suite names. */
export function countsOf({ findings, records, contracts, settled }: CheckReport): Readonly<Record<string, number>> {
  return {
    records,
    contracts,
    'tasks settled': settled,
    violations: findings.length,
    'double-settled': findings.filter(({ invariant }) => invariant === 'S5').length,
    'wrongly faulted': findings.filter(({ invariant }) => WRONGLY.has(invariant)).length,
  }
}

export function sentenceOf({ invariant, directory, text, records }: Finding): string {
  return `${invariant} ${directory}: ${text} ${records.join(' ')}`
}
