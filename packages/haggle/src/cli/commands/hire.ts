import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseResultSchema } from '@haggle/node/pure'
import type { HireFlags } from '../command-flags.ts'
import { onAgent } from '../on-agent.ts'
import { lookUpCheck } from './look-up-check.ts'
import type { HireRequest } from '../request.ts'
import { UsageError } from '../usage-error.ts'
import { showDuration, type AcceptanceChoice } from '../values.ts'
import { isMany, manyRequest } from './many-inputs.ts'
import { unreadable } from './result-output.ts'

/** `haggle hire`: has one task done, here or by the running agent. */
export async function runHire(skill: string, text: string | undefined, flags: HireFlags): Promise<number> {
  const request: HireRequest = {
    name: 'hire',
    skill,
    input: inputOf(text, flags),
    out: flags.out === undefined || flags.out === '-' ? null : resolve(flags.out),
    save: flags.save === undefined ? null : resolve(flags.save),
    deadlineMs: positive(flags.deadline, '--deadline'),
    waitMs: positive(flags.wait, '--wait'),
    attempts: flags.attempts,
    leaseMs: flags.lease ?? null,
    budget: flags.budget,
    stake: flags.stake ?? null,
    mode: flags.mode,
    sealed: flags.sealed === true,
    bidsMs: flags.bids ?? null,
    ask: flags.ask ?? null,
    key: flags.key ?? null,
    accept: flags.accept === undefined ? null : await acceptOf(flags.accept),
    panel: flags.panel ?? null,
    minQuality: flags.minQuality ?? null,
  }
  return onAgent(flags, isMany(flags) ? await manyRequest(request, text, flags) : request)
}

function inputOf(text: string | undefined, flags: HireFlags): HireRequest['input'] {
  if (text !== undefined && flags.input !== undefined) {
    throw new UsageError('the input stands twice: as TEXT and as --input.', 'Leave one of them out.')
  }
  if (text !== undefined) return { kind: 'text', text }
  const [file = '-'] = flags.input ?? []
  return file === '-' ? { kind: 'stdin' } : { kind: 'file', path: resolve(file) }
}

/** The schema is read here and the check looked up, so that their problems show before anything is offered. */
async function acceptOf(choice: AcceptanceChoice): Promise<NonNullable<HireRequest['accept']>> {
  if (choice.kind === 'cmd') await lookUpCheck(choice.command, process.cwd())
  if (choice.kind !== 'schema') return choice
  const file = resolve(choice.file)
  const written = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unreadable(file, cause)
  })
  const parsed = parseResultSchema(written)
  if (!parsed.ok) {
    throw new UsageError(
      `${choice.file} is no result schema: ${refusalText(parsed)}.`,
      'Result schemas are a closed part of JSON Schema: no pattern, format, recursion or references outside #/$defs.',
    )
  }
  return { kind: 'schema', text: written }
}

function refusalText(refusal: object): string {
  return Object.entries(refusal)
    .filter(([name]) => name !== 'ok')
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
}

function positive(spanMs: number, option: string): number {
  if (spanMs > 0) return spanMs
  throw new UsageError(`${option} is ${showDuration(spanMs)}.`, `Write a longer span, such as ${option} 10s.`)
}
