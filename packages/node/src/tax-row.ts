import type { Cost, Phase } from '@haggle/ports'
import { costs, noCosts, parts, phases, type Costs, type TaskCosts } from './tax.ts'

/** Tasks in one row: it stays a few kilobytes, and a reader that looks for one task skips the others unread. */
export const ROW_TASKS = 32

/** A row of the journal's `tax` table: what some tasks cost since their last row. */
export function encodeTaxRow(tasks: readonly TaskCosts[]): Uint8Array {
  const packed = tasks.map(({ task, part, phases: byPhase }) => [
    task,
    part,
    ...phases.flatMap((phase, at) => {
      const counted = byPhase[phase]
      return counted === undefined ? [] : [[at, ...packedCosts(counted)]]
    }),
  ])
  return new TextEncoder().encode(JSON.stringify(packed))
}

/** The tasks of a row; what a later version wrote in another way is passed over. */
export function decodeTaxRow(bytes: Uint8Array): readonly TaskCosts[] {
  let packed: unknown
  try {
    packed = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return []
  }
  return Array.isArray(packed) ? packed.flatMap((each: unknown) => readTask(each) ?? []) : []
}

/** Numbers by their place, whole, without the zeros at the end. CPU time rounds to the nearest microsecond. */
function packedCosts(counted: Costs): readonly number[] {
  const numbers = costs.map((cost) => Math.round(counted[cost]))
  return numbers.slice(0, numbers.findLastIndex((number) => number !== 0) + 1)
}

function readTask(packed: unknown): TaskCosts | undefined {
  if (!Array.isArray(packed)) return undefined
  const [task, part, ...cells]: readonly unknown[] = packed
  if (task !== null && typeof task !== 'string') return undefined
  const byPhase: Partial<Record<Phase, Costs>> = {}
  for (const cell of cells) {
    if (!Array.isArray(cell) || !cell.every((number: unknown) => Number.isSafeInteger(number))) return undefined
    const [at = -1, ...numbers] = cell
    const phase = phases[at]
    if (phase !== undefined) byPhase[phase] = readCosts(numbers)
  }
  return { task, part: parts.find((each) => each === part) ?? null, phases: byPhase }
}

function readCosts(numbers: readonly number[]): Costs {
  const read: Record<Cost, number> = noCosts()
  for (const [at, cost] of costs.entries()) read[cost] = numbers[at] ?? 0
  return read
}
