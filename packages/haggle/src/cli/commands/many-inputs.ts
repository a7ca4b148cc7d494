import { mkdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { HireFlags } from '../command-flags.ts'
import type { HireManyRequest, HireRequest } from '../request.ts'
import { UsageError } from '../usage-error.ts'
import { unreadable, unwritable } from './result-output.ts'

/** What one command may ask of a running agent at once, in bytes of its request. */
const MOST_REQUEST_BYTES = 200_000

/** Whether the inputs are done as a set: several of them, or results that go to a folder. */
export function isMany(flags: HireFlags): boolean {
  return (flags.input?.length ?? 0) > 1 || flags.outDir !== undefined
}

/** One request for all inputs. What cannot be is said before anything is offered or written. */
export async function manyRequest(
  hire: HireRequest,
  text: string | undefined,
  flags: HireFlags,
): Promise<HireManyRequest> {
  const inputs = flags.input ?? []
  if (text !== undefined || inputs.length === 0)
    throw new UsageError('--out-dir needs inputs that have names.', 'Give --input FILE, or --out FILE instead.')
  if (flags.out !== undefined) {
    throw new UsageError(
      `--out ${flags.out} would hold the results of ${inputs.length} inputs.`,
      'Give --out-dir DIR: each result gets the name of its input.',
    )
  }
  if (flags.save !== undefined) {
    throw new UsageError(
      'one --save file would hold several tasks.',
      'Give --key KEY, then haggle contract export KEY/1 --out FILE, and so on.',
    )
  }
  if (flags.outDir === undefined && flags.json !== true)
    throw new UsageError('several results have no place on one stdout.', 'Give --out-dir DIR, or --json.')
  const outDir = flags.outDir === undefined ? null : resolve(flags.outDir)
  const named = inputs.map((input) => (input === '-' ? { path: null, name: 'stdin' } : pathOf(input)))
  refuseCollisions(named, outDir)
  const request: HireManyRequest = {
    ...{ name: 'hire-many', hire: { ...hire, input: { kind: 'stdin' }, out: null }, inputs: named, outDir },
    jobs: flags.jobs,
  }
  if (Buffer.byteLength(JSON.stringify(request)) > MOST_REQUEST_BYTES)
    throw new UsageError(`${inputs.length} inputs are too many at once.`, 'Run the command several times.')
  await lookAt(named, outDir)
  return request
}

function pathOf(input: string): { readonly path: string; readonly name: string } {
  const path = resolve(input)
  return { path, name: basename(path) }
}

type Named = HireManyRequest['inputs']

/** Names are compared as file systems do that fold case and accents: a set that works here works on another machine. */
function refuseCollisions(inputs: Named, outDir: string | null): void {
  const paths = new Set(inputs.map(({ path }) => path))
  const seen = new Map<string, string>()
  for (const { path, name } of inputs) {
    const folded = outDir === null ? (path ?? '-') : name.normalize('NFC').toLowerCase()
    const other = seen.get(folded)
    if (other !== undefined) {
      throw new UsageError(
        `--input ${other} and --input ${path ?? '-'} would have one result name: ${name}.`,
        'Give each input once, under a name of its own.',
      )
    }
    seen.set(folded, path ?? '-')
    if (outDir !== null && paths.has(join(outDir, name))) {
      throw new UsageError(
        `the result of ${path ?? '-'} would overwrite an input: ${join(outDir, name)}.`,
        'Choose another --out-dir.',
      )
    }
  }
}

/** Every input is there and the folder can be made: nobody bids for what fails at once. */
async function lookAt(inputs: Named, outDir: string | null): Promise<void> {
  for (const { path } of inputs) {
    if (path === null) continue
    const found = await stat(path).catch((cause: unknown) => {
      throw unreadable(path, cause)
    })
    if (found.isDirectory()) throw unreadable(path, Object.assign(new Error('it is a folder'), { code: 'EISDIR' }))
  }
  if (outDir === null) return
  await mkdir(outDir, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(outDir, cause)
  })
}
