import { writeFile } from 'node:fs/promises'
import { Stage } from '../process/support/stage.ts'
import { countsOf, judge, sentenceOf } from './support/judge.ts'
import { killHolder, startTraced, untraceable } from './support/traced.ts'
import type { Context, Judged, Trial } from './support/trial.ts'

const POINTS = 60
/** Each of them makes about three rows durable on either side. */
const JOBS = 24
const PORT = 4100
const LISTEN = `/ip4/127.0.0.1/tcp/${PORT}`
const WAY = ['--no-mdns', '--peer', LISTEN]

/** SIGKILL at the n-th sync of either side, for every n. */
export const trial: Trial = {
  name: 'kill-at-sync',
  target: `SIGKILL at each of ${POINTS} fdatasyncs on the requester and on the worker: all recover`,
  async run(context) {
    if (untraceable !== undefined) return { passed: false, counts: {}, notes: [], skipped: untraceable }
    const asRequester = await struckRequesters(context)
    const asWorker = await struckWorkers(context)
    const counts = [...side('requester', asRequester), ...side('worker', asWorker)]
    return {
      passed: asRequester.passed && asWorker.passed,
      counts: Object.fromEntries(counts),
      notes: [...asRequester.notes, ...asWorker.notes],
    }
  },
}

function side(name: string, { counts }: Judged): readonly (readonly [string, number])[] {
  return Object.entries(counts).map(([what, count]) => [`${name}: ${what}`, count])
}

interface Round {
  readonly died: boolean
  /** What did not recover, or null. */
  readonly problem: string | null
}

/** One worker all the time; at each point a new requester that is killed, and the same hire again. */
async function struckRequesters(context: Context): Promise<Judged> {
  const stage = await Stage.open()
  try {
    const inputs = await inputsOf(stage)
    const worker = await stage.work('copy', ['--no-mdns', '--listen', LISTEN, '--slots', '4'], 'cat')
    const names: string[] = []
    const rounds: Round[] = []
    for (let point = 1; point <= context.points(POINTS); point += 1) {
      const name = `asks-${point}`
      const hire = hireArgs('copy', name, inputs)
      const traced = startTraced(stage, hire, `signal=SIGKILL:when=${point}`, fileOf(stage, name))
      const { code } = await traced.ended()
      const again = await stage.run(hire, '', 120_000)
      names.push(name)
      rounds.push({
        died: code !== 0,
        problem: again.code === 0 ? null : `at ${point}: hire left with ${again.code}: ${again.stderr.slice(-500)}`,
      })
      context.progress(`requester, point ${point}`)
    }
    worker.signal('SIGTERM')
    await worker.ended()
    return await judged(stage, [...names, 'copy'], rounds, 4)
  } finally {
    await stage.close()
  }
}

/** At each point a new worker that is killed and started again while its requester waits. */
async function struckWorkers(context: Context): Promise<Judged> {
  const stage = await Stage.open()
  try {
    const inputs = await inputsOf(stage)
    const names: string[] = []
    const rounds: Round[] = []
    for (let point = 1; point <= context.points(POINTS); point += 1) {
      const skill = `copy-${point}`
      const work = ['work', skill, '--json', '--no-mdns', '--listen', LISTEN, '--slots', '2', '--', 'cat']
      const traced = startTraced(stage, work, `signal=SIGKILL:when=${point}`, fileOf(stage, skill))
      const hiring = stage.start(hireArgs(skill, `asks-${point}`, inputs))
      const hired = hiring.ended(180_000)
      const dead = traced.ended(150_000).then(() => true)
      const died = await Promise.race([dead, hired.then(() => false)])
      if (!died) await killHolder(stage, skill)
      await traced.ended()
      const again = stage.start(work)
      const { code, stderr } = await hired
      again.signal('SIGTERM')
      await again.ended()
      names.push(skill, `asks-${point}`)
      rounds.push({ died, problem: code === 0 ? null : `at ${point}: hire left with ${code}: ${stderr.slice(-500)}` })
      context.progress(`worker, point ${point}`)
    }
    return await judged(stage, names, rounds, 2)
  } finally {
    await stage.close()
  }
}

async function judged(
  stage: Stage,
  names: readonly string[],
  rounds: readonly Round[],
  slots: number,
): Promise<Judged> {
  const report = await judge(
    names.map((name) => stage.path(name)),
    slots,
  )
  const problems = rounds.flatMap(({ problem }) => problem ?? [])
  const recovered = rounds.length - problems.length
  const counts = { points: rounds.length, killed: rounds.filter(({ died }) => died).length, recovered }
  return {
    passed: problems.length === 0 && report.findings.length === 0,
    counts: { ...counts, ...countsOf(report) },
    notes: [...problems, ...report.findings.map(sentenceOf)],
  }
}

function hireArgs(skill: string, name: string, inputs: readonly string[]): readonly string[] {
  const files = inputs.flatMap((file) => ['--input', file])
  const terms = ['--jobs', '1', '--ask', '1', '--wait', '30s', '--deadline', '60s', '--key', 'batch', '--json']
  return ['hire', skill, '--as', name, ...WAY, ...terms, ...files]
}

async function inputsOf(stage: Stage): Promise<readonly string[]> {
  const files = Array.from({ length: JOBS }, (_, at) => stage.path(`input-${at}`))
  await Promise.all(files.map((file, at) => writeFile(file, `input ${at}\n`)))
  return files
}

function fileOf(stage: Stage, name: string): { readonly file: string; readonly writes: boolean } {
  return { file: stage.path(`${name}.trace`), writes: false }
}
