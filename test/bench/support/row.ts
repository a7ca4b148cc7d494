/** One line of the table: what is physically needed, what was seen, and what was promised. */
export interface Row {
  /** Which `--only` chooses it. */
  readonly group: string
  readonly name: string
  readonly unit: string
  /** The floor of the same run that the ratio is taken to; null: there is none, or the row is a floor. */
  readonly floor: number | null
  readonly observed: number
  readonly ratio: number | null
  readonly target: Target | null
  /** Null where nothing was promised. */
  readonly met: boolean | null
  /** Lowest and highest of the rounds behind `observed`. */
  readonly spread: readonly [number, number] | null
  readonly note: string
}

/** What is promised, of the ratio or of the observed value. */
export interface Target {
  readonly of: 'ratio' | 'observed'
  readonly atMost?: number
  readonly atLeast?: number
}

export interface RowInit {
  readonly group: string
  readonly name: string
  readonly unit: string
  readonly floor?: number | null
  readonly observed: number
  readonly target?: Target
  readonly rounds?: readonly number[]
  readonly note?: string
}

export function row(init: RowInit): Row {
  const { group, name, unit, observed, rounds = [] } = init
  const floor = init.floor ?? null
  const ratio = floor === null ? null : observed / floor
  const target = init.target ?? null
  const judged = target?.of === 'ratio' ? ratio : observed
  return {
    ...{ group, name, unit, floor, observed, ratio, target },
    met: target === null ? null : judged !== null && isMet(target, judged),
    spread: rounds.length < 2 ? null : [Math.min(...rounds), Math.max(...rounds)],
    note: init.note ?? '',
  }
}

/** A row that could not be measured here, and why. */
export interface Skipped {
  readonly group: string
  readonly skipped: string
}

export type Line = Row | Skipped

function isMet({ atMost, atLeast }: Target, value: number): boolean {
  return (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast)
}

/** A table that a terminal and Markdown both show. */
export function table(lines: readonly Line[]): string {
  const head = ['row', 'floor', 'observed', 'ratio', 'target', 'met', 'rounds', 'note']
  const body = lines.map((line) =>
    'skipped' in line ? [line.group, ...blank, `skipped: ${line.skipped}`] : cells(line),
  )
  const widths = head.map((title, at) => Math.max(title.length, ...body.map((each) => (each[at] ?? '').length)))
  const text = (each: readonly string[]): string =>
    `| ${each.map((cell, at) => (at === each.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, at) => '-'.repeat(at === widths.length - 1 ? 4 : width)).join(' | ')} |`
  return [text(head), rule, ...body.map(text)].join('\n')
}

const blank = ['', '', '', '', '', ''] as const

function cells(line: Row): readonly string[] {
  const { floor, ratio, target, met, spread } = line
  return [
    line.name,
    floor === null ? '' : amount(floor, line.unit),
    amount(line.observed, line.unit),
    ratio === null ? '' : short(ratio),
    target === null ? '' : targetText(target, line.unit),
    met === null ? '' : met ? 'yes' : 'NO',
    spread === null ? '' : `${short(spread[0])}–${short(spread[1])}`,
    line.note,
  ]
}

function targetText({ of, atMost, atLeast }: Target, unit: string): string {
  const text = (value: number): string => (of === 'ratio' ? `${short(value)} x` : amount(value, unit))
  return atMost === undefined ? `>= ${text(atLeast ?? 0)}` : `<= ${text(atMost)}`
}

function amount(value: number, unit: string): string {
  return unit === '' ? short(value) : `${short(value)} ${unit}`
}

/** Three digits that count. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)))
  return value.toFixed(Math.min(digits, 3))
}
