import { writeFile } from 'node:fs/promises'
import { Stage } from '../process/support/stage.ts'
import type { Ended } from '../process/support/running.ts'
import { countsOf, judge, sentenceOf } from './support/judge.ts'
import { callsIn, killHolder, startTraced, untraceable, type Call } from './support/traced.ts'
import type { Context, Judged, Trial } from './support/trial.ts'

const HALT_MS = 1_000
/** Bytes of a write to a connection in which no record has room: what closes a stream, encrypted. */
const FAREWELL_BYTES = 64
/** Which sync fails: the database makes three when it is made, each contract about three more. */
const POINTS = [4, 5, 6, 7, 8, 9]
/** Enough of them that every point is reached. */
const JOBS = 4
const PORT = 4100
const LISTEN = ['--no-mdns', '--listen', `/ip4/127.0.0.1/tcp/${PORT}`]
const WAY = ['--no-mdns', '--peer', `/ip4/127.0.0.1/tcp/${PORT}`]

/** EIO from a sync: nobody knows what the disk holds. */
export const trial: Trial = {
  name: 'sync-fails',
  target: 'EIO from fdatasync: the agent halts within 1 s, and nothing is sent afterwards; started again it goes on',
  async run(context) {
    if (untraceable !== undefined) return { passed: false, counts: {}, notes: [], skipped: untraceable }
    const stage = await Stage.open()
    try {
      return await failing(stage, context)
    } finally {
      await stage.close()
    }
  },
}

async function failing(stage: Stage, { points, progress }: Context): Promise<Judged> {
  const tally: Tally = { hits: 0, spans: [], problems: [] }
  const names: string[] = []
  try {
    for (const point of POINTS.slice(0, points(POINTS.length))) {
      names.push(`copy-${point}`, `asks-${point}`)
      await failOnce(stage, point, tally)
      progress(`the sync number ${point}`)
    }
  } finally {
    // A tracer that is killed with the stage would let them run on.
    for (const name of names) await killHolder(stage, name)
  }
  const report = await judge(
    names.map((name) => stage.path(name)),
    1,
  )
  const { hits, spans, problems } = tally
  return {
    passed: hits > 0 && problems.length === 0 && report.findings.length === 0,
    counts: { 'syncs failed': hits, 'worst halt in ms': Math.round(Math.max(0, ...spans)), ...countsOf(report) },
    notes: [...problems, ...report.findings.map(sentenceOf)],
  }
}

interface Tally {
  hits: number
  readonly spans: number[]
  readonly problems: string[]
}

/** The n-th sync of a worker fails, then that of its requester; each is started again on a disk that is well. */
async function failOnce(stage: Stage, point: number, tally: Tally): Promise<void> {
  const [skill, asker] = [`copy-${point}`, `asks-${point}`]
  const work = ['work', skill, '--json', ...LISTEN, '--', 'cat']
  const terms = ['--ask', '1', '--wait', '15s', '--deadline', '20s', '--jobs', '1', '--json']
  const inputs = await inputsOf(stage)
  const hire = (key: string): readonly string[] => [
    ...['hire', skill, '--as', asker, ...WAY, ...terms, '--key', key],
    ...inputs.flatMap((file) => ['--input', file]),
  ]
  const broken = startTraced(stage, work, `error=EIO:when=${point}`, traceOf(stage, skill))
  const hiring = stage.start(hire('first'))
  note(tally, `worker at ${point}`, await seen(stage, skill, await broken.ended()))
  const worker = stage.start(work)
  const first = await hiring.ended(120_000)
  // The worker may have been given a task, and be away for its lease: what it holds then ends undecided.
  if (first.code !== 0 && first.code !== 4)
    tally.problems.push(`hire left with ${first.code}: ${first.stderr.slice(-300)}`)

  const poor = startTraced(stage, hire('second'), `error=EIO:when=${point}`, traceOf(stage, asker))
  note(tally, `requester at ${point}`, await seen(stage, asker, await poor.ended()))
  const again = await stage.run(hire('second'), '', 120_000)
  if (again.code !== 0) tally.problems.push(`the same hire again left with ${again.code}: ${again.stderr.slice(-300)}`)
  worker.signal('SIGTERM')
  await worker.ended()
}

function note(tally: Tally, who: string, { hit, spanMs, problems }: Seen): void {
  if (hit) tally.hits += 1
  if (spanMs !== null) tally.spans.push(spanMs)
  tally.problems.push(...problems.map((problem) => `${who}: ${problem}`))
}

async function inputsOf(stage: Stage): Promise<readonly string[]> {
  const files = Array.from({ length: JOBS }, (_, at) => stage.path(`input-${at}`))
  await Promise.all(files.map((file, at) => writeFile(file, `input ${at}\n`)))
  return files
}

interface Seen {
  readonly hit: boolean
  readonly spanMs: number | null
  readonly problems: readonly string[]
}

/** What a process did after its sync had failed. */
async function seen(stage: Stage, name: string, { code, stderr }: Ended): Promise<Seen> {
  const calls = await callsIn(traceOf(stage, name).file)
  const at = calls.findIndex(({ text }) => text.includes('EIO (Input/output error) (INJECTED)'))
  const failed = calls[at]
  if (failed === undefined) return { hit: false, spanMs: null, problems: [] }
  const after = calls.slice(at + 1)
  const spanMs = ((after.at(-1)?.at ?? failed.at) - failed.at) * 1_000
  const problems: string[] = []
  if (code === 0) problems.push('it left with 0')
  if (!/journal\/|hire\//.test(stderr)) problems.push(`it did not say why: ${stderr.slice(-200)}`)
  if (spanMs > HALT_MS) problems.push(`it was there for ${Math.round(spanMs)} ms more`)
  // What has nothing to do with the commit may leave until the process knows; the checker sees whether a record of it did.
  const knows = after.findIndex(({ text }) => text.startsWith('write(2<'))
  const sent = after.slice(knows).filter((call) => bytesSent(call) > FAREWELL_BYTES)
  if (knows < 0) problems.push('it never said that it halts')
  if (sent.length > 0) problems.push(`it sent ${sent.map(bytesSent).join(', ')} bytes after it had halted`)
  return { hit: true, spanMs, problems }
}

/** Bytes that a call handed to a connection; 0 for every other call. */
function bytesSent({ text }: Call): number {
  if (!/^(write|writev|sendto|sendmsg)\(\d+<TCP/.test(text)) return 0
  return Number(/= (\d+)$/.exec(text)?.[1] ?? 0)
}

function traceOf(stage: Stage, name: string): { readonly file: string; readonly writes: boolean } {
  return { file: stage.path(`${name}.trace`), writes: true }
}
