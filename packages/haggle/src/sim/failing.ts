import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentText, recordText, type AgentKey, type RecordId } from '@haggle/protocol'
import { minimize, minimizeMutant, type Minimal, type Plan, type ToldFinding } from '@haggle/simulator'
import type { Session } from '../cli/session.ts'

/** What a broken promise is shown with. */
export interface Shown {
  readonly minimal: Minimal
  /** Where the small Plan stands. */
  readonly file: string
}

/** Makes the Plan of a failure small and leaves it in a file. */
export async function showSmaller(
  plan: Plan,
  finding: ToldFinding,
  mutant: string | null,
  session: Session,
): Promise<Shown | undefined> {
  if (session.tty.stderr) session.note('haggle: making the failing world smaller; Ctrl-C ends it …')
  const { interrupted } = session
  const minimal =
    mutant === null
      ? await minimize(plan, finding.invariant, interrupted)
      : await minimizeMutant(plan, finding.invariant, mutant, interrupted)
  if (minimal === null) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'haggle-sim-'))
  const file = join(folder, 'plan.json')
  await writeFile(file, `${JSON.stringify(minimal.plan, null, 2)}\n`)
  return { minimal, file }
}

/** A finding for people: the promise, what happened, the records that prove it, and how to see it again. */
export function failureText(seed: string, finding: ToldFinding, again: string): string {
  const proof = finding.proof.map(({ type, id, author }) => {
    // Both texts come from a record of the product, whose id and key are what their brands say.
    return `    ${type} ${recordText(id as RecordId)} by ${agentText(author as AgentKey)}`
  })
  return [
    `seed ${seed} breaks ${finding.invariant}: ${finding.text}`,
    `  at ${finding.at.toFixed(3)} ms${proof.length === 0 ? '' : '; proved by'}`,
    ...proof,
    `  again: ${again}`,
  ].join('\n')
}

/** The small Plan and its drawing, for people. */
export function smallerText({ minimal: { plan, diagram }, file }: Shown, mutant: string | null): string {
  const { agents, faults, work } = plan
  return [
    `  smaller: ${faults.length} faults and ${work.length} deeds among ${agents.length} agents`,
    `  again: haggle sim --plan ${file}${mutant === null ? '' : ` --mutant ${mutant}`}`,
    '',
    diagram,
  ].join('\n')
}
