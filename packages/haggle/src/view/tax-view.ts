import { costs, phases, sumOf, type Costs, type TaskTax } from '@haggle/node'
import { recordText, type JsonValue } from '@haggle/protocol'
import { showDuration, showSize } from '../cli/values.ts'
import { printable, shortRecord } from './event-view.ts'

/** Tasks shown by one line each; `--json` lists all. */
const SHOWN_TASKS = 20

/** What the work took, and what coordination added to it, as the requester can tell (TAX-07). */
export interface Alone {
  readonly workMs: number
  readonly waitMs: number
  readonly cpuMs: number
  /** Whether coordination took more than the work: doing it oneself as fast as the worker would have been cheaper. */
  readonly cheaper: boolean
}

/** Null for who did not hire, and while nothing is delivered. */
export function aloneOf(tax: TaskTax): Alone | null {
  if (tax.part !== 'requester' || tax.workMs === null) return null
  const total = totalOf([tax])
  const waitMs = Math.max(0, total['wait-ms'] - tax.workMs)
  const cpuMs = milliseconds(total)
  return { workMs: tax.workMs, waitMs, cpuMs, cheaper: waitMs + cpuMs > tax.workMs }
}

/** What one task, or what belongs to none, cost, as one JSON object. */
export function taxJson(tax: TaskTax): { readonly [field: string]: JsonValue } {
  const alone = aloneOf(tax)
  return {
    task: tax.task === null ? null : recordText(tax.task),
    part: tax.part,
    skill: tax.skill,
    key: tax.key,
    ...costsJson([tax], tax.task === null),
    alone: alone === null ? null : { ...alone },
  }
}

/** The sum of all as one JSON object; the last line of a list. */
export function taxSumJson(all: readonly TaskTax[]): { readonly [field: string]: JsonValue } {
  return { tasks: all.filter(({ task }) => task !== null).length, ...costsJson(all, true) }
}

/** The tax of one task for people. */
export function taskTaxText(tax: TaskTax): string {
  const named = [
    ...(tax.skill === null ? [] : [printable(tax.skill)]),
    ...(tax.key === null ? [] : [printable(tax.key)]),
  ]
  const head = tax.task === null ? 'no task' : `task ${recordText(tax.task)}`
  const note = [named.join(', '), tax.part === null ? '' : `as ${tax.part}`].filter((part) => part !== '').join(', ')
  return [note === '' ? head : `${head} (${note})`, '', ...table([tax]), ...aloneText(tax)].join('\n')
}

/** The tax of everything for people: by phase, then by task. */
export function taxText(all: readonly TaskTax[]): string {
  const tasks = all.filter(({ task }) => task !== null)
  const total = totalOf(all)
  const hidden = tasks.length - SHOWN_TASKS
  return [
    `${tasks.length} task${tasks.length === 1 ? '' : 's'}, and what belongs to none`,
    '',
    ...table(all),
    ...(total['socket-out'] + total['socket-in'] === 0
      ? []
      : [
          '',
          `sockets: ${showSize(total['socket-out'])} out, ${showSize(total['socket-in'])} in, all traffic of the transport`,
        ]),
    ...(tasks.length === 0 ? [] : ['']),
    ...(hidden > 0 ? [`the newest ${SHOWN_TASKS} tasks (--json lists all):`] : []),
    ...tasks.slice(-SHOWN_TASKS).map(taskLine),
  ].join('\n')
}

function taskLine(tax: TaskTax): string {
  const total = totalOf([tax])
  return [
    tax.task === null ? '' : shortRecord(tax.task),
    (tax.part ?? '').padEnd(9),
    printable(tax.skill ?? '').padEnd(16),
    `${total['messages-out'] + total['messages-in']} messages`.padStart(13),
    showSize(total['bytes-out'] + total['bytes-in']).padStart(11),
    `${total.signatures} signed`.padStart(9),
    `${total.verifications} checked`.padStart(11),
    showDuration(total['wait-ms']).padStart(8),
    tax.key === null ? '' : printable(tax.key),
  ]
    .join('  ')
    .trimEnd()
}

function aloneText(tax: TaskTax): readonly string[] {
  if (tax.part !== 'requester') return []
  const alone = aloneOf(tax)
  if (alone === null) return ['', 'Nothing is delivered, so there is no work to compare this with.']
  const { workMs, waitMs, cpuMs, cheaper } = alone
  const added = `${showDuration(waitMs)} of waiting and ${showCpu(cpuMs)} of CPU here`
  return [
    '',
    `The worker took ${showDuration(workMs)} from accept to delivery; coordination added ${added}.`,
    cheaper
      ? 'That is more than the work: doing it yourself would have been cheaper, if this machine can do it as fast.'
      : 'That is less than the work: doing it yourself would have been cheaper only if this machine is faster by more than that.',
    'How fast it is nobody here knows; what the worker and the bystanders spent, their own "haggle tax" tells.',
  ]
}

const COLUMNS = ['sent', 'received', 'bytes out', 'bytes in', 'signed', 'checked', 'needed', 'CPU', 'waited'] as const
const WIDTH = 11

function table(all: readonly TaskTax[]): readonly string[] {
  const rows = phases.map((phase) => [phase, sumOf(all.flatMap((tax) => tax.phases[phase] ?? []))] as const)
  return [
    `${'phase'.padEnd(WIDTH)}${COLUMNS.map((name) => name.padStart(WIDTH)).join('')}`,
    ...[...rows, ['total', totalOf(all)] as const].map(
      ([name, sum]) =>
        `${name.padEnd(WIDTH)}${cells(sum)
          .map((cell) => cell.padStart(WIDTH))
          .join('')}`,
    ),
  ]
}

function cells(sum: Costs): readonly string[] {
  const { signatures, verifications } = sum
  return [
    ...[sum['messages-out'], sum['messages-in'], sum['bytes-out'], sum['bytes-in']].map(String),
    ...[signatures, verifications, sum['verifications-needed']].map(String),
    showCpu(milliseconds(sum)),
    showDuration(sum['wait-ms']),
  ]
}

function totalOf(all: readonly TaskTax[]): Costs {
  return sumOf(all.flatMap((tax) => phases.flatMap((phase) => tax.phases[phase] ?? [])))
}

function costsJson(all: readonly TaskTax[], sockets: boolean): { readonly [field: string]: JsonValue } {
  const byPhase = phases.flatMap((phase) => {
    const found = all.flatMap((tax) => tax.phases[phase] ?? [])
    return found.length === 0 ? [] : [[phase, sumJson(sumOf(found))] as const]
  })
  const total = totalOf(all)
  const bytes = { sockets: { bytesOut: total['socket-out'], bytesIn: total['socket-in'] } }
  return { phases: Object.fromEntries(byPhase), total: sumJson(total), ...(sockets ? bytes : {}) }
}

function sumJson(sum: Costs): { readonly [field: string]: JsonValue } {
  const fields = costs.filter((cost) => !cost.startsWith('socket-') && cost !== 'cpu-us')
  return { ...Object.fromEntries(fields.map((cost) => [camel(cost), sum[cost]])), cpuMs: milliseconds(sum) }
}

/** CPU time of a sum, to the microsecond. */
function milliseconds(sum: Costs): number {
  return Math.round(sum['cpu-us']) / 1_000
}

/** CPU time is worth a tenth of a millisecond. */
function showCpu(cpuMs: number): string {
  return cpuMs < 100 ? `${cpuMs.toFixed(1)} ms` : showDuration(cpuMs)
}

/** `messages-out` as JSON names it: `messagesOut`. */
function camel(cost: string): string {
  return cost.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
