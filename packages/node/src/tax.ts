import type { Cost, Metrics, Phase } from '@haggle/ports'

/** What one task, or everything that belongs to none, cost in one phase. */
export interface TaxRow {
  readonly task: string | null
  readonly phase: Phase
  readonly costs: Readonly<Record<Cost, number>>
}

/** Counts the tax of coordination; `rows` is what was counted so far. */
export interface TaxCounter extends Metrics {
  /** By task in the order in which they were met, then by phase. */
  rows(): readonly TaxRow[]
  /** The sum over all tasks and phases, forgotten ones included. */
  total(): Readonly<Record<Cost, number>>
}

/** Tasks told apart; the oldest are then only part of the total. */
const MOST_TASKS = 4_096

/** A counter in memory. */
export function taxCounter(): TaxCounter {
  const byTask = new Map<string | null, Map<Phase, Record<Cost, number>>>()
  const total = nothing()
  return {
    count(cost, amount, phase, task) {
      total[cost] += amount
      let phases = byTask.get(task)
      if (phases === undefined) {
        phases = new Map()
        byTask.set(task, phases)
        if (byTask.size > MOST_TASKS) forgetOldest(byTask)
      }
      const costs = phases.get(phase) ?? nothing()
      costs[cost] += amount
      phases.set(phase, costs)
    },
    rows() {
      return [...byTask].flatMap(([task, phases]) =>
        [...phases].map(([phase, costs]) => ({ task, phase, costs: { ...costs } })),
      )
    },
    total: () => ({ ...total }),
  }
}

function forgetOldest(byTask: Map<string | null, unknown>): void {
  for (const task of byTask.keys()) {
    if (task === null) continue
    byTask.delete(task)
    return
  }
}

function nothing(): Record<Cost, number> {
  return { 'messages-out': 0, 'messages-in': 0, 'bytes-out': 0, 'bytes-in': 0, signatures: 0, verifications: 0 }
}
