import { fuzzOnce, fuzzTarget, type Failure, type Figures } from './fuzz.ts'
import { COUNT, parseOptions, UsageError, type Options } from './options.ts'
import type { Target } from './target.ts'
import { targets } from './targets/index.ts'

/** How much memory a target may take for all that it is fed. */
const MOST_GROWTH_MB = 64
/** Digits of a failing input that are shown; a longer one is replayed by its seed. */
const MOST_DIGITS = 4_096

const HELP = `npm run test:fuzz -- [OPTION]...

Feeds mutated bytes to everything that takes bytes from outside: decoders, files, values, whole agents on memory ports.

  --target NAME   only this one (repeatable): ${targets.map(({ name }) => name).join(', ')}
  --seed N        from which all inputs follow (default: a random one, which is printed)
  --count N       inputs for each target (default ${COUNT})
  --hex DIGITS    feeds these bytes to the one --target, and nothing else
  --json          one JSON object for each target instead of the table

Example: npm run test:fuzz -- --target gate --count 1000000 --seed 7
Exit code: 0 everything held, whatever the rates; 1 an input broke something, or memory grew by more than ${MOST_GROWTH_MB} MB; 2 usage.
`

async function main(): Promise<number> {
  const options = parseOptions(
    process.argv.slice(2),
    targets.map(({ name }) => name),
  )
  if (options.help) {
    process.stdout.write(HELP)
    return 0
  }
  const chosen = targets.filter(({ name }) => options.only.length === 0 || options.only.includes(name))
  if (options.hex !== null) return replay(chosen, options.hex)
  // Interrupted, it prints what it has.
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  let code = 0
  if (!options.json) process.stdout.write(`seed ${options.seed}, ${options.count} inputs for each target\n${head()}`)
  for (const target of chosen) {
    if (interrupted.signal.aborted) break
    const figures = await fuzzTarget(target, { ...options, isOver: () => interrupted.signal.aborted })
    process.stdout.write(options.json ? `${json(target, figures, options)}\n` : row(target, figures))
    if (figures.failure !== null) process.stderr.write(explained(figures.failure, figures, options))
    if (figures.failure !== null || figures.rssGrowthMb > MOST_GROWTH_MB) code = 1
  }
  return interrupted.signal.aborted ? 130 : code
}

async function replay([target]: readonly Target[], hex: string): Promise<number> {
  if (target === undefined) throw new UsageError('--hex takes one --target beside it')
  const said = await fuzzOnce(target, Uint8Array.from(Buffer.from(hex, 'hex')))
  process.stdout.write(`${typeof said === 'string' ? said : (said.error.stack ?? said.error.message)}\n`)
  return typeof said === 'string' ? 0 : 1
}

function head(): string {
  return `${'target'.padEnd(18)}${'inputs'.padStart(9)}${'inputs/s'.padStart(11)}${'RSS +MB'.padStart(9)}  what became of them\n`
}

function row({ name, atLeast }: Target, figures: Figures): string {
  const met = atLeast === undefined || figures.perSecond >= atLeast ? '' : ` (${atLeast} asked for)`
  const shown = figures.said
    .slice(0, 4)
    .map(([word, count]) => `${word} ${((100 * count) / figures.count).toFixed(0)} %`)
  return `${name.padEnd(18)}${String(figures.count).padStart(9)}${figures.perSecond.toFixed(0).padStart(11)}${figures.rssGrowthMb.toFixed(0).padStart(9)}  ${shown.join(', ')}${met}\n`
}

function json({ atLeast }: Target, { failure, ...figures }: Figures, { seed }: Options): string {
  const broken = failure === null ? null : { at: failure.at, hex: hexOf(failure), error: failure.error.message }
  return JSON.stringify({ ...figures, seed, atLeast: atLeast ?? null, failure: broken })
}

function hexOf({ bytes }: Failure): string {
  return Buffer.from(bytes).toString('hex')
}

/** What broke, with what, and how to see it again. */
function explained(failure: Failure, { target }: Figures, { seed }: Options): string {
  const hex = hexOf(failure)
  const again = failure.keepsState || hex.length > MOST_DIGITS
  const how = again ? `--seed ${seed} --count ${failure.at + 1}` : `--hex ${hex}`
  return `
${target}: input ${failure.at} broke it
${failure.error.stack ?? failure.error.message}
bytes (${failure.bytes.length}): ${hex.slice(0, MOST_DIGITS)}${hex.length > MOST_DIGITS ? '…' : ''}
again: npm run test:fuzz -- --target ${target} ${how}
`
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`test:fuzz: ${error.message}\n  npm run test:fuzz -- --help\n`)
  process.exitCode = 2
}
