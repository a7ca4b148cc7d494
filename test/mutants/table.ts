import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mutants } from '../../packages/simulator/src/mutants/bank.ts'

export const SURVIVES = 'survives'
const file = fileURLToPath(new URL('../../docs/reports/mutants.md', import.meta.url))
const heads = ['planted bug', 'what the product does with it', 'unit and property tests', 'simulator'] as const

/** What is known of one planted bug; empty: nothing yet. */
export interface Row {
  readonly units: string
  readonly simulator: string
}

/** The rows of the report as it stands, by the names of the bugs. */
export function readTable(): ReadonlyMap<string, Row> {
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // The first report begins with nothing.
  }
  const rows = text.split('\n').flatMap((line): [string, Row][] => {
    const [, name = '', , units = '', simulator = ''] = line.split('|').map((cell) => cell.trim())
    const bug = /^`(.+)`$/.exec(name)?.[1]
    return bug === undefined ? [] : [[bug, { units, simulator }]]
  })
  return new Map(rows)
}

/** Writes the report, in the order of the bank; how many bugs survive the unit and property tests. */
export function writeTable(rows: ReadonlyMap<string, Row>): number {
  const lines = mutants.map(({ name, breaks }) => {
    const { units = '', simulator = '' } = rows.get(name) ?? {}
    return [`\`${name}\``, breaks, units, simulator]
  })
  const survive = lines.filter(([, , units]) => units === SURVIVES).length
  const measured = lines.filter(([, , units]) => units !== '').length
  const found = lines.filter(([, , , simulator]) => simulator !== '' && simulator?.startsWith('not ') === false).length
  const text = [
    '# Planted bugs',
    '',
    `Written by \`npm run test:mutants\`: each bug of \`packages/simulator/src/mutants/bank\`, what the unit and property tests of \`core\` and \`node\` say of a product with it, and where the simulator finds it.`,
    '',
    `${survive} of ${measured} survive the unit and property tests; the simulator finds ${found} of ${mutants.length}.`,
    '',
    ...table([[...heads], ...lines]),
    '',
  ].join('\n')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return survive
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = heads.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  const [head = [], ...rest] = rows
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest.map(line)]
}
