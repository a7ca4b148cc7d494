import { spawnSync } from 'node:child_process'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readHistory } from '../../packages/haggle/src/check/read-history.ts'
import { Stage } from '../process/support/stage.ts'
import { countsOf, judge, sentenceOf } from './support/judge.ts'
import type { Context, Judged, Trial } from './support/trial.ts'

const PORT = 4100
const LISTEN = ['--no-mdns', '--listen', `/ip4/127.0.0.1/tcp/${PORT}`]
const WAY = ['--no-mdns', '--peer', `/ip4/127.0.0.1/tcp/${PORT}`]
const DISK = '24m'
const CONFIGURATION = 78
const USUAL_ROUNDS = 4

/** ENOSPC on a disk of their own that somebody else has filled. */
export const trial: Trial = {
  name: 'disk-full',
  target: 'ENOSPC: the agent makes no new obligations and stops, saying why; it recovers when space returns',
  async run(context) {
    const stage = await Stage.open()
    try {
      return await filling(stage, context)
    } finally {
      for (const name of ['me', 'shout']) spawnSync('umount', [stage.path(name)], { timeout: 10_000 })
      await stage.close()
    }
  },
}

async function filling(stage: Stage, { points, progress }: Context): Promise<Judged> {
  for (const name of ['me', 'shout']) {
    await mkdir(stage.path(name))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=700`, 'tmpfs', stage.path(name)])
    if (mounted.status !== 0)
      return {
        passed: false,
        counts: {},
        notes: [],
        skipped: `no small disk can be made here: ${mounted.stderr.toString()}`,
      }
  }
  const problems: string[] = []
  const rounds = points(USUAL_ROUNDS)
  for (let round = 0; round < rounds; round += 1) {
    problems.push(...(await fullWorker(stage, round)), ...(await fullRequester(stage, round)))
    progress(`round ${round + 1}`)
  }
  const report = await judge([stage.path('me'), stage.path('shout')], 1)
  return {
    passed: problems.length === 0 && report.findings.length === 0,
    counts: { 'disks filled': 2 * rounds, ...countsOf(report) },
    notes: [...problems, ...report.findings.map(sentenceOf)],
  }
}

const work = ['work', 'shout', '--json', ...LISTEN, '--', 'tr', 'a-z', 'A-Z']
const hire = (key: string): readonly string[] => [
  ...['hire', 'shout', 'hello', ...WAY, '--ask', '1', '--wait', '20s', '--deadline', '40s', '--key', key, '--json'],
]

/** The disk of a running worker fills up: the next offer ends it, and the requester's task waits for it to come back. */
async function fullWorker(stage: Stage, round: number): Promise<readonly string[]> {
  const problems: string[] = []
  const worker = stage.start(work)
  await worker.event('ready')
  await expectSettled(stage, `before-${round}`, problems)
  await fill(stage.path('shout'))
  const hiring = stage.start(hire(`full-${round}`))
  const { code, stderr } = await worker.ended()
  if (code !== CONFIGURATION || !stderr.includes('journal/disk-full'))
    problems.push(`a worker with a full disk left with ${code}: ${stderr.slice(-300)}`)
  await free(stage.path('shout'))
  const rows = (await readHistory(stage.path('shout'))).log.length
  const again = stage.start(work)
  await again.event('ready')
  const hired = await hiring.ended(90_000)
  if (hired.code !== 0) problems.push(`the hire left with ${hired.code}: ${hired.stderr.slice(-300)}`)
  again.signal('SIGTERM')
  await again.ended()
  const later = (await readHistory(stage.path('shout'))).log.length
  if (later <= rows) problems.push('the worker wrote nothing after space had returned')
  return problems
}

/** The disk of the requester is full when it hires: nothing is offered, and the same hire is done when there is space. */
async function fullRequester(stage: Stage, round: number): Promise<readonly string[]> {
  const problems: string[] = []
  const worker = stage.start(work)
  await worker.event('ready')
  const before = (await readHistory(stage.path('me'))).log.length
  await fill(stage.path('me'))
  const { code, stderr } = await stage.run(hire(`poor-${round}`), '', 90_000)
  if (code !== CONFIGURATION || !/journal\/|blob\/disk-full|dir\/io/.test(stderr))
    problems.push(`a hire on a full disk left with ${code}: ${stderr.slice(-300)}`)
  await free(stage.path('me'))
  const after = (await readHistory(stage.path('me'))).log.length
  if (after !== before) problems.push(`a hire on a full disk left ${after - before} rows in the log`)
  await expectSettled(stage, `poor-${round}`, problems)
  worker.signal('SIGTERM')
  await worker.ended()
  return problems
}

async function expectSettled(stage: Stage, key: string, problems: string[]): Promise<void> {
  const { code, stderr } = await stage.run(hire(key), '', 90_000)
  if (code !== 0) problems.push(`with space the hire ${key} left with ${code}: ${stderr.slice(-300)}`)
}

/** Takes all the space that is left on the disk of a directory. */
async function fill(directory: string): Promise<void> {
  const file = await open(join(directory, 'ballast'), 'w')
  const chunk = new Uint8Array(4_096)
  try {
    for (;;) await file.write(chunk)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    await file.close()
  }
}

async function free(directory: string): Promise<void> {
  await rm(join(directory, 'ballast'))
}
