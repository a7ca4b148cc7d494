import { readdir } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from '../process/support/expect-exit.ts'
import { scenario } from '../process/support/scenario.ts'
import type { Stage } from '../process/support/stage.ts'
import { hireBeside } from './support/hostile.ts'
import { MemoryWatch } from './support/memory.ts'

/** Runs a hire that must end in this exit code and say this; whatever the command did, it took no longer than the deadline. */
async function expectEnd(stage: Stage, skill: string, exit: number, says: RegExp): Promise<void> {
  const hired = await stage.run(
    ['hire', skill, 'x', '--attempts', '1', '--deadline', '30s', '--lease', '3s', '--as', `for-${skill}`],
    '',
    60_000,
  )
  expect({ code: hired.code, stderr: hired.stderr }).toEqual({
    code: exit,
    stderr: expect.stringMatching(says) as string,
  })
  expect(hired.stderr).not.toMatch(/^ +at /m)
}

/** Whether a process of this mark still runs. */
async function running(stage: Stage, mark: string): Promise<boolean> {
  const { stdout } = await stage.spawn('sh', ['-c', `grep -lsa ${mark} /proc/[0-9]*/environ || true`]).ended()
  return stdout.toString().trim() !== ''
}

scenario('a command that floods stdout is ended at its bound, and nothing of it is kept', async ({ stage }) => {
  await stage.work('echo', [], 'cat')
  const worker = await stage.work('flood', ['--max-result', '8M'], 'sh', '-c', 'exec env MARK=flood-mark cat /dev/zero')
  const memory = await MemoryWatch.begin(worker.pid)
  await expectEnd(stage, 'flood', 7, /result-too-large/)
  await hireBeside(stage)
  await memory.expectSmall('a command that floods stdout')
  expect(await running(stage, 'flood-mark')).toBe(false)
  expect((await readdir(stage.path('flood/blobs'))).filter((name) => name.startsWith('.new-'))).toEqual([])
})

scenario('a command that floods stderr costs no memory, and its result counts', async ({ stage }) => {
  const worker = await stage.work(
    'noisy',
    [],
    'sh',
    '-c',
    'head -c 50000000 /dev/zero >&2; yes | head -c 20000000 >&2; cat',
  )
  const memory = await MemoryWatch.begin(worker.pid)
  const hired = await stage.run(['hire', 'noisy', 'x', '--deadline', '60s'])
  expectExit(hired, 0)
  expect(hired.stdout.toString()).toBe('x')
  await memory.expectSmall('a command that floods stderr')
})

scenario(
  'T-55: a command that hangs and ignores SIGTERM is killed when its time is over, with all that it forked',
  async ({ stage }) => {
    await stage.work('echo', [], 'cat')
    const script =
      'trap "" TERM INT HUP; export MARK=hang-mark; for n in 1 2 3 4 5; do (trap "" TERM; sleep 600) & done; while :; do sleep 1; done'
    const worker = await stage.work('hang', [], 'sh', '-c', script)
    const hired = await stage.run(
      ['hire', 'hang', 'x', '--attempts', '1', '--deadline', '8s', '--as', 'for-hang'],
      '',
      60_000,
    )
    expect({ code: hired.code, stderr: hired.stderr }).toEqual({
      code: 4,
      stderr: expect.stringMatching(/haggle: .+\n {2}\S/) as string,
    })
    await hireBeside(stage)
    worker.signal('SIGTERM')
    worker.signal('SIGTERM')
    await worker.ended()
    expect(await running(stage, 'hang-mark')).toBe(false)
  },
)

scenario('a command that forks without end reaches its own limit, and the agent goes on', async ({ stage }) => {
  await stage.work('echo', [], 'cat')
  // Its own limit on processes would be the user's, who has others: a hundred are many enough to see.
  const script =
    'export MARK=fork-mark; n=0; while [ $n -lt 100 ]; do sleep 600 >/dev/null 2>&1 & n=$((n + 1)); done; exit 3'
  await stage.work('fork', [], 'sh', '-c', script)
  await expectEnd(stage, 'fork', 7, /exit-3|exit code 3/)
  await hireBeside(stage)
  expect(await running(stage, 'fork-mark')).toBe(false)
})

scenario('a command that leaves its group and holds its output open delivers nothing', async ({ stage }) => {
  await stage.work('echo', [], 'cat')
  await stage.work('holder', [], 'sh', '-c', 'setsid sleep 15 & echo half')
  await expectEnd(stage, 'holder', 7, /output-held-open/)
  await hireBeside(stage)
})
