import { writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from '../process/support/expect-exit.ts'
import type { Ended } from '../process/support/running.ts'
import { scenario } from '../process/support/scenario.ts'
import type { ContractShown } from '../process/support/shown.ts'
import { hireBeside } from './support/hostile.ts'
import { noSmallDisk, SmallDisk } from './support/small-disk.ts'

const onSmallDisk = noSmallDisk === undefined ? scenario : scenario.skip
const LARGE = 24 * 1_048_576

function expectRefusal({ code, stderr }: Ended, exit: number, says: RegExp): void {
  expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringMatching(says) as string })
  expect(stderr).toMatch(/^haggle: .+\n {2}\S/m)
  expect(stderr).not.toMatch(/^ +at /m)
}

onSmallDisk(
  'a disk that is full while an input is spooled: said at once, and the next small task goes through',
  async ({ stage }) => {
    await stage.work('echo', [], 'cat')
    const disk = await SmallDisk.under(stage, 'me', 12)
    await writeFile(stage.path('large'), new Uint8Array(LARGE))
    const hire = ['hire', 'echo', '--deadline', '40s', '--wait', '15s']
    expectRefusal(
      await disk.start([...hire, '--input', stage.path('large')]).ended(),
      1,
      /disk is full.*blob\/disk-full/,
    )
    const small = await disk.start([...hire, 'small']).ended()
    expectExit(small, 0)
    expect(small.stdout.toString()).toBe('small')
  },
)

onSmallDisk(
  'a disk that is full while a worker fetches an input: nobody is bound, and the worker serves on',
  async ({ stage }) => {
    const disk = await SmallDisk.under(stage, 'echo', 12)
    const worker = await disk.work('echo', [], 'cat')
    await writeFile(stage.path('large'), new Uint8Array(LARGE))
    const hired = await stage.run(
      [
        'hire',
        'echo',
        '--input',
        stage.path('large'),
        '--attempts',
        '1',
        '--deadline',
        '20s',
        '--wait',
        '5s',
        '--json',
      ],
      '',
      60_000,
    )
    expect([3, 4]).toContain(hired.code)
    expect(worker.events('accepted')).toEqual([])
    expect(worker.events('alleged')).toEqual([])
    await hireBeside(stage, 'other')
  },
)

onSmallDisk('a result that does not fit on the disk is no delivery, and the worker serves on', async ({ stage }) => {
  const disk = await SmallDisk.under(stage, 'echo', 12)
  const worker = await disk.work(
    'echo',
    [],
    'sh',
    '-c',
    `read -r word; if [ "$word" = large ]; then head -c ${LARGE} /dev/zero; else printf %s "$word"; fi`,
  )
  const hired = await stage.run(
    ['hire', 'echo', 'large', '--attempts', '1', '--deadline', '20s', '--wait', '5s'],
    '',
    60_000,
  )
  expect([4, 7]).toContain(hired.code)
  expect(worker.events('delivered')).toEqual([])
  await hireBeside(stage, 'other')
})

onSmallDisk(
  'a disk that is full while an agent commits: it stops with a code, and nothing left it that its log does not hold',
  async ({ stage }) => {
    const disk = await SmallDisk.under(stage, 'echo', 12)
    const worker = await disk.work('echo', [], 'cat')
    await hireBeside(stage)
    await disk.fill()
    const hiring = stage.start([
      'hire',
      'echo',
      'x',
      '--key',
      'task',
      '--attempts',
      '1',
      '--deadline',
      '25s',
      '--lease',
      '3s',
      '--wait',
      '10s',
    ])
    const ended = await worker.ended()
    expectRefusal(ended, 78, /journal\/disk-full/)
    const hired = await hiring.ended()
    expect([3, 4]).toContain(hired.code)

    await disk.free()
    const again = await disk.work('echo', [], 'cat')
    await again.event('peer', { up: true }, 30_000).catch(() => undefined)
    // Every record of the worker that the requester holds is in the worker's own log.
    for (const { contract } of await stage.contracts('me')) {
      const theirs = (await stage.show('me', contract)).records ?? []
      const shown = await disk.start(['contract', 'show', contract, '--json', '--as', 'echo']).ended()
      expectExit(shown, 0)
      const own = JSON.parse(shown.stdout.toString()) as ContractShown
      const held = new Set((own.records ?? []).map(({ id }) => id))
      expect(theirs.filter(({ author, id }) => author === own.worker && !held.has(id))).toEqual([])
    }
    await hireBeside(stage, 'other')
  },
)

onSmallDisk('a result that cannot be written to --out stays in the store', async ({ stage }) => {
  await stage.work('echo', [], 'cat')
  const disk = await SmallDisk.under(stage, 'small', 1)
  await disk.fill()
  const out = stage.path('small/out')
  const hired = await disk
    .start(['hire', 'echo', 'y'.repeat(9_000), '--out', out, '--key', 'kept', '--deadline', '40s'])
    .ended()
  expectRefusal(hired, 1, /file\/unwritable[^]+haggle contract result/)
  for (const bad of ['/no/such/folder/out', stage.home]) {
    const tried = await stage.run(['hire', 'echo', 'x', '--out', bad, '--deadline', '40s'])
    expectRefusal(tried, 1, /file\/unwritable|folder/)
  }
  const result = await stage.run(['contract', 'result', 'kept'])
  expect(result.stdout).toHaveLength(9_000)
})
