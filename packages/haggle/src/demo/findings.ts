import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { HaggleError, MICRO } from '@haggle/protocol'
import { z } from 'zod'
import type { ContractFinding, FileFinding } from './claims.ts'
import { demoEntries } from './entries.ts'

/** Verifications that run at the same time: one for each core of a small machine. */
const AT_ONCE = 2
/** A verdict is a few kilobytes; this bounds what a broken one may print. */
const MOST_OUTPUT = 4_194_304

const verdict = z.discriminatedUnion('valid', [
  z.object({ valid: z.literal(false), reason: z.string() }),
  z.object({
    valid: z.literal(true),
    task: z.string(),
    contracts: z.array(
      z.object({
        contract: z.string(),
        generation: z.number(),
        worker: z.string(),
        price: z.number(),
        end: z.string().nullable(),
        party: z.string().nullable(),
        fault: z.string().nullable(),
        grade: z.string().nullable(),
        slash: z.number(),
        requester: z.string(),
        certificates: z.array(z.object({ verdict: z.string(), votes: z.array(z.string()) })),
      }),
    ),
  }),
])
type ValidVerdict = Extract<z.infer<typeof verdict>, { valid: true }>

const considered = z.array(z.object({ worker: z.string().nullable(), price: z.number().nullable() }))
const taskFile = z.object({
  records: z.array(z.object({ type: z.string(), id: z.string(), author: z.string(), view: z.looseObject({}) })),
})
const offerView = z.object({ minQuality: z.number().nullable() })
type FileRecords = z.infer<typeof taskFile>['records']

export interface FileToVerify {
  readonly errand: string
  readonly path: string
}

/** Has every file judged by a `haggle verify` process of its own: nothing that an actor said counts here. */
export async function verifyFiles(
  files: readonly FileToVerify[],
  nameOf: (peerId: string) => string,
  signal: AbortSignal,
): Promise<readonly FileFinding[]> {
  const found = new Map<string, FileFinding>()
  const waiting = [...files]
  const verifier = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
      found.set(file.errand, await verifyOne(file, nameOf, signal))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, verifier))
  return files.flatMap(({ errand }) => found.get(errand) ?? [])
}

async function verifyOne(
  { errand, path }: FileToVerify,
  nameOf: (peerId: string) => string,
  signal: AbortSignal,
): Promise<FileFinding> {
  const file = basename(path)
  const said = verdict.safeParse(JSON.parse(await runVerify(path, signal)))
  if (!said.success) {
    throw new HaggleError('demo/verify', `haggle verify said nothing that can be read about ${file}`, {
      next: 'Run the demo again with --debug, and haggle verify on the task files it keeps.',
    })
  }
  if (!said.data.valid)
    return { errand, file, valid: false, task: null, requester: null, minQuality: null, contracts: [] }
  // A file that verified says nothing in its views that its signed bytes do not say.
  const { records } = taskFile.parse(JSON.parse(await readFile(path, 'utf8')))
  const offer = records.find(({ type }) => type === 'offer')
  return {
    errand,
    file,
    valid: true,
    task: said.data.task,
    requester: nameOf(offer?.author ?? ''),
    minQuality: offerView.safeParse(offer?.view).data?.minQuality ?? null,
    contracts: said.data.contracts.map((each) => contractFinding(each, records, nameOf)),
  }
}

function contractFinding(
  contract: ValidVerdict['contracts'][number],
  records: FileRecords,
  nameOf: (peerId: string) => string,
): ContractFinding {
  const award = records.find(({ id }) => id === contract.contract)
  const bids = considered.safeParse(award?.view['considered'])
  return {
    contract: contract.contract,
    requester: nameOf(contract.requester),
    generation: contract.generation,
    worker: nameOf(contract.worker),
    price: contract.price,
    accepted: records.some(({ type, view }) => type === 'accept' && view['contract'] === contract.contract),
    end: contract.end,
    party: contract.party === null ? null : nameOf(contract.party),
    fault: contract.fault,
    slash: contract.slash,
    grade: contract.grade,
    certificates: contract.certificates.map(({ verdict: said, votes }) => ({ verdict: said, votes: votes.length })),
    rejected: records.some(({ type, view }) => type === 'reject' && view['contract'] === contract.contract),
    considered: (bids.data ?? []).flatMap(({ worker, price }) =>
      // Records hold micro-credits.
      worker === null || price === null ? [] : [{ worker: nameOf(worker), price: price / MICRO }],
    ),
  }
}

/** What `haggle verify --json` prints; an invalid file is an answer and no failure. */
async function runVerify(path: string, signal: AbortSignal): Promise<string> {
  const argv = [demoEntries().cli, 'verify', '--json', path]
  const run = promisify(execFile)(process.execPath, argv, { signal, maxBuffer: MOST_OUTPUT })
  try {
    return (await run).stdout
  } catch (error) {
    signal.throwIfAborted()
    const printed = z.looseObject({ stdout: z.string().min(1) }).safeParse(error)
    if (printed.success) return printed.data.stdout
    throw error
  }
}
