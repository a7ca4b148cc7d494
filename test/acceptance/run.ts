import { readdir } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { AcceptanceLine, Context, Figure, Outcome } from './support/line.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const USAGE = `Usage: npm run acceptance -- [NAME…] [--list] [--runs N] [--json]
Runs every line of acceptance that has a second or a count in it, or those that are named, one after the other.
  --list     say which there are, and run nothing
  --runs N   repeat what is repeated N times instead of as often as the line says
  --json     one object per line on stdout
Exit codes: 0 every line passed, 1 one did not, 2 usage.
`

interface Report extends Outcome {
  readonly name: string
  readonly target: string
  readonly seconds: number
}

class Usage extends Error {}

async function main(): Promise<number> {
  const wanted = wordsOf()
  const { list = false, json = false, runs: times, help = false } = wanted.values
  const runs = times === undefined ? undefined : Number(times)
  if (help) {
    say(USAGE)
    return 0
  }
  if (runs !== undefined && !(Number.isInteger(runs) && runs > 0))
    throw new Usage('--runs takes a whole number above 0.')
  const lines = await linesOf(FOLDER)
  const unknown = wanted.positionals.filter((name) => !lines.some((line) => line.name === name))
  if (unknown.length > 0) throw new Usage(`there is no line ${unknown.join(', ')}; --list names them.`)
  const chosen = wanted.positionals.length === 0 ? lines : lines.filter(({ name }) => wanted.positionals.includes(name))

  if (list) {
    for (const { name, target } of chosen) say(json ? JSON.stringify({ name, target }) : `${name.padEnd(16)} ${target}`)
    return 0
  }
  const reports: Report[] = []
  for (const line of chosen) {
    const report = await runOne(line, runs)
    reports.push(report)
    say(json ? JSON.stringify(report) : textOf(report))
  }
  const passed = reports.filter((report) => report.passed).length
  if (!json) say(`${passed} of ${reports.length} lines passed`)
  return passed === reports.length ? 0 : 1
}

function wordsOf() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        list: { type: 'boolean' },
        json: { type: 'boolean' },
        runs: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error))
  }
}

/** Every file beside this one that exports a line. */
async function linesOf(folder: string): Promise<readonly AcceptanceLine[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts') && name !== 'run.ts').toSorted()
  const lines: AcceptanceLine[] = []
  for (const file of files) {
    // A module of ours; what it exports is checked here.
    const { line } = (await import(pathToFileURL(join(folder, file)).href)) as { readonly line?: AcceptanceLine }
    if (line === undefined) throw new Error(`${file} exports no line`)
    if (`${line.name}.ts` !== file) throw new Error(`the line of ${file} is named ${line.name}`)
    lines.push(line)
  }
  return lines
}

async function runOne(line: AcceptanceLine, runs: number | undefined): Promise<Report> {
  const began = performance.now()
  const context: Context = {
    runs: (usual) => runs ?? usual,
    progress: (text) => void process.stderr.write(`  ${line.name}: ${text}\n`),
  }
  let outcome: Outcome
  try {
    outcome = await line.run(context)
  } catch (error) {
    outcome = { passed: false, figures: [], notes: [error instanceof Error ? error.message : String(error)] }
  }
  const seconds = Math.round((performance.now() - began) / 1_000)
  return { name: line.name, target: line.target, seconds, ...outcome }
}

function textOf({ name, target, seconds, passed, figures, notes = [] }: Report): string {
  return [
    `${passed ? 'PASS' : 'FAIL'} ${name} (${seconds} s): ${target}`,
    ...figures.map((figure) => `       ${figureText(figure)}`),
    ...notes.map((note) => `       ${note.trimEnd().replaceAll('\n', '\n       ')}`),
  ].join('\n')
}

function figureText({ what, unit, n, median, worst }: Figure): string {
  return `${what}: median ${shown(median)} ${unit}, worst ${shown(worst)} ${unit}, n ${n}`
}

function shown(value: number): string {
  return String(Number(value.toFixed(value < 10 ? 2 : 0)))
}

function say(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Usage)) throw error
  process.stderr.write(`acceptance: ${error.message}\n${USAGE}`)
  process.exitCode = 2
}
