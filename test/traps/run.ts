import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { hindrance, Namespace } from '../process/support/namespace.ts'
import { regressions } from './regressions.ts'
import { trapOf, type Regression } from './support/regression.ts'
import { Workshop } from './support/workshop.ts'

const USAGE = `Usage: npm run test:traps -- [--only N] [--without N | --mutants] [--list] [--json]
Shows for each trap of the network library and the system that the fix of it works, in real conditions: real sockets in a
network of their own, real processes. N is the number of a trap, or one of its parts: 5, 5b.
  --only N      play the regressions of one trap
  --without N   take the fix of trap N out of a copy of the built code, and play its regressions: they must fail
  --mutants     do so with every trap, each part by itself, and see that each regression notices
  --list        say which there are, and run nothing
  --json        one object per line on stdout
Example: npm run test:traps -- --without 2
Exit codes: 0 every fix holds (with --mutants: every regression noticed; with --without: one did not notice),
1 a trap has closed (which is what --without N is for), 2 usage, or a fix whose text is no longer there.
`
const PRELOAD = fileURLToPath(new URL('support/node-20.mjs', import.meta.url))
/** A wait ends after 15 seconds, and a regression waits for few things in vain. */
const LIMIT_MS = 120_000
const WORKSHOPS = 2

class Usage extends Error {}

interface Played {
  readonly id: string
  readonly says: string
  readonly holds: boolean
  readonly seconds: number
  readonly why: string
}

async function main(): Promise<number> {
  const { only, without, mutants = false, list = false, json = false, help = false } = wordsOf()
  if (help) {
    process.stdout.write(USAGE)
    return 0
  }
  if ((only === undefined ? 0 : 1) + (without === undefined ? 0 : 1) + (mutants ? 1 : 0) > 1)
    throw new Usage('--only, --without and --mutants exclude each other.')
  const all = mutants || without === 'all'
  const chosen = chosenBy(all ? undefined : (only ?? without))
  if (list) {
    for (const { id, says } of chosen) say(json ? JSON.stringify({ id, says }) : `${id.padEnd(4)} ${says}`)
    return 0
  }
  if (hindrance !== undefined) {
    say(`skipped: ${hindrance}`)
    return 0
  }
  const takesOut = all || without !== undefined
  const played = await playAll(chosen, takesOut, (one) => say(json ? JSON.stringify(one) : textOf(one, takesOut)))
  const held = played.filter(({ holds }) => holds).length
  if (!takesOut) {
    if (!json) say(`${held} of ${played.length} fixes hold`)
    return held === played.length ? 0 : 1
  }
  if (!json) say(`${played.length - held} of ${played.length} regressions notice that their fix is gone`)
  return all === (held === 0) ? 0 : 1
}

function wordsOf() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        without: { type: 'string' },
        mutants: { type: 'boolean' },
        list: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error))
  }
}

function chosenBy(name: string | undefined): readonly Regression[] {
  if (name === undefined) return regressions
  const chosen = regressions.filter((each) => each.id === name || String(trapOf(each)) === name)
  if (chosen.length === 0) throw new Usage(`there is no regression of a trap ${name}; --list names them.`)
  return chosen
}

async function playAll(
  chosen: readonly Regression[],
  takesOut: boolean,
  told: (one: Played) => void,
): Promise<readonly Played[]> {
  const left = [...chosen]
  const played: Played[] = []
  // Each workshop has a copy of its own, so what is taken out in one is there in the other.
  const work = async (): Promise<void> => {
    const workshop = await Workshop.open()
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const putBack = await workshop.without(takesOut ? next.without : [])
        const one = await play(next, workshop)
        await putBack()
        played.push(one)
        told(one)
      }
    } finally {
      await workshop.close()
    }
  }
  await Promise.all(Array.from({ length: Math.min(WORKSHOPS, chosen.length) }, work))
  return played
}

/** In a process of its own, in a network of its own, with a home of its own. */
async function play(regression: Regression, workshop: Workshop): Promise<Played> {
  const { id, says, preload } = regression
  const namespace = await Namespace.open()
  const home = await mkdtemp(join(tmpdir(), 'haggle-trap-'))
  const began = performance.now()
  try {
    const args = [...(preload === undefined ? [] : ['--import', PRELOAD]), workshop.program, id]
    const [program, entering] = namespace.enter(process.execPath, args)
    const env = { ...process.env, HAGGLE_HOME: home, XDG_RUNTIME_DIR: home, TMPDIR: home, NO_COLOR: '1' }
    const child = spawn(program, entering, { cwd: home, env, stdio: ['ignore', 'ignore', 'pipe'], timeout: LIMIT_MS })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = `${stderr}${chunk.toString()}`.slice(-8_000)
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    const seconds = Math.round((performance.now() - began) / 100) / 10
    const why = code === null ? `it did not end in ${LIMIT_MS / 1000} s\n${stderr}` : stderr
    return { id, says, holds: code === 0, seconds, why: code === 0 ? '' : why.trim() }
  } finally {
    await namespace.close()
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

function textOf({ id, says, holds, seconds, why }: Played, takesOut: boolean): string {
  const verdict = takesOut ? (holds ? 'UNNOTICED' : 'noticed  ') : holds ? 'holds ' : 'CLOSED'
  const line = `${verdict} ${id.padEnd(4)} ${String(seconds).padStart(5)} s  ${says}`
  if (holds) return line
  // What failed without its fix is as expected: one line says how.
  const reason = takesOut ? firstLine(why) : why
  return `${line}\n          ${reason.replaceAll('\n', '\n          ')}`
}

function firstLine(text: string): string {
  const line = text.split('\n').find((each) => /\w*(Error|Warning)\b/.test(each)) ?? text
  return line.slice(0, 150)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`traps: ${error instanceof Error ? error.message : String(error)}\n`)
  if (error instanceof Usage) process.stderr.write(USAGE)
  process.exitCode = 2
}
