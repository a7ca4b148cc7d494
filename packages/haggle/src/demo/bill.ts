import { labels as known } from './cast.ts'
import type { Palette } from './palette.ts'
import type { TaxReport } from './message.ts'
import { showDuration, showSize } from '../cli/values.ts'

/** What one task, or one phase of all of them, cost everybody together. */
export interface BillRow {
  /** An errand, `no task`, or a phase. */
  readonly of: string
  /** As their senders counted them: each once. */
  readonly messages: number
  readonly bytes: number
  readonly signatures: number
  readonly verifications: number
  /** Those among them that agents did who had no part in the task. */
  readonly byBystanders: number
  readonly cpuMs: number
  /** By the clocks of the requesters alone: the others wait at the same time. */
  readonly waitMs: number
}

export interface Bill {
  readonly tasks: readonly BillRow[]
  readonly phases: readonly BillRow[]
  readonly total: BillRow
}

const NO_TASK = 'no task'
const PHASES = ['market', 'formation', 'work', 'review', 'closing', 'overhead'] as const

/** Adds up what the processes counted, each for itself. */
export function billOf(reports: readonly TaxReport[], errandOf: (task: string) => string | undefined): Bill {
  const cells = reports.flatMap((report) =>
    Object.entries(report.phases).map(([phase, costs]): BillRow & { readonly phase: string } => ({
      of: report.task === null ? NO_TASK : (errandOf(report.task) ?? NO_TASK),
      phase,
      messages: costs.messagesOut,
      bytes: costs.bytesOut,
      signatures: costs.signatures,
      verifications: costs.verifications,
      byBystanders: report.part === 'bystander' ? costs.verifications : 0,
      cpuMs: costs.cpuMs,
      waitMs: report.part === 'requester' ? costs.waitMs : 0,
    })),
  )
  const labels = [...known, NO_TASK]
  return {
    tasks: labels.map((label) =>
      sum(
        label,
        cells.filter((cell) => cell.of === label),
      ),
    ),
    phases: PHASES.map((phase) =>
      sum(
        phase,
        cells.filter((cell) => cell.phase === phase),
      ),
    ),
    total: sum('total', cells),
  }
}

/** The bill for people: who counted, and who took its numbers along. */
export function billText(bill: Bill, missing: readonly string[], paint: Palette): string {
  const head = ['messages', 'bytes', 'signed', 'checked', 'bystanders', 'CPU', 'waited']
  const line = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(FIRST)}${cells.map((cell) => cell.padStart(WIDTH)).join('')}`
  const row = (each: BillRow): string => line(each.of, cellsOf(each))
  const gone = missing.length === 0 ? '' : `; ${missing.join(', ')} left without telling`
  return [
    paint.strong('The tax: what it cost to agree, counted by each process for itself'),
    paint.dim(line('', head)),
    ...bill.tasks.map(row),
    '',
    ...bill.phases.map(row),
    '',
    paint.strong(row(bill.total)),
    paint.dim(
      `  checked: signatures, those by bystanders beside them; waited: by the requesters; CPU: an estimate${gone}`,
    ),
    '',
  ].join('\n')
}

const FIRST = 12
const WIDTH = 12

function cellsOf(row: BillRow): readonly string[] {
  const counts = [row.signatures, row.verifications, row.byBystanders].map(String)
  return [String(row.messages), showSize(row.bytes), ...counts, `${Math.round(row.cpuMs)} ms`, showDuration(row.waitMs)]
}

function sum(of: string, rows: readonly BillRow[]): BillRow {
  const add = (field: Exclude<keyof BillRow, 'of'>): number => rows.reduce((all, each) => all + each[field], 0)
  return {
    of,
    messages: add('messages'),
    bytes: add('bytes'),
    signatures: add('signatures'),
    verifications: add('verifications'),
    byBystanders: add('byBystanders'),
    cpuMs: add('cpuMs'),
    waitMs: add('waitMs'),
  }
}
