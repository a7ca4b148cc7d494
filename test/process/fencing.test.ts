import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import type { Running } from './support/running.ts'
import { scenario } from './support/scenario.ts'
import { inWords, type TaskFile, type Verified } from './support/shown.ts'
import type { Stage } from './support/stage.ts'

interface Pair {
  readonly first: Running
  readonly second: Running
}

/** Two workers; the first is cheaper, so it gets the task. */
async function twoWorkers(stage: Stage): Promise<Pair> {
  const [first, second] = await Promise.all([
    stage.work('shout', ['--as', 'first', '--price', '1'], ...stage.gated('first')),
    stage.work('shout', ['--as', 'second', '--price', '2'], ...stage.gated('second')),
  ])
  return { first, second }
}

/** Hires with both of them in sight; resolves when the first is at work. */
async function hireTheFirst(stage: Stage, first: Running): Promise<Running> {
  const flags = ['--key', 'task', '--deadline', '60s', '--bids', '1500ms', '--json', '--save', stage.path('saved.json')]
  const hiring = stage.start(['hire', 'shout', ...flags], 'hello')
  // Before it has heard of the opening a worker is not bound: it may withdraw, free.
  await first.event('opened', { generation: 1 })
  await stage.atGate('first')
  return hiring
}

const expectOneSettlement = ({ contracts }: Verified): void => {
  expect(contracts.map((each) => [each.generation, each.end, each.fault])).toEqual([
    [1, 'undecided', null],
    [2, 'settled', null],
  ])
}

/** Who did what in the requester's file: by type and generation. */
async function expectNothingLateIn(bytes: Buffer): Promise<void> {
  // The command under test wrote it, and verify has found it valid.
  const { records } = JSON.parse(bytes.toString()) as TaskFile
  const of = (type: string) => records.filter((record) => record.type === type)
  expect(of('award').map(({ view }) => view['generation'])).toEqual([1, 2])
  const [, award] = of('award')
  expect(of('deliver').map(({ author }) => author)).toEqual([award?.view['worker']])
  expect(of('approve')).toHaveLength(1)
}

scenario(
  'T-22: a worker that stands still loses the task to another, and its late delivery lands nowhere',
  async ({ stage }) => {
    const { first, second } = await twoWorkers(stage)
    const hiring = await hireTheFirst(stage, first)
    first.signal('SIGSTOP')
    await second.event('accepted', { generation: 2 })
    // Its command goes on without it: it has a result to deliver the moment it wakes up.
    await stage.openGate('first')
    first.signal('SIGCONT')
    await first.event('fenced')

    await stage.openGate('second')
    expectExit(await hiring.ended(), 0)
    expect(hiring.events('settled')).toMatchObject([{ generation: 2 }])
    expect(hiring.events('delivered')).toMatchObject([{ generation: 2 }])
    expect(hiring.events('result')).toMatchObject([{ generation: 2, result: { text: 'HELLO' } }])
    expect(first.events('settled')).toEqual([])

    const saved = await readFile(stage.path('saved.json'))
    expectOneSettlement(await stage.verdicts(saved))
    await expectNothingLateIn(saved)
    await expectTableOfReopened(stage)
  },
)

/** The row "worker never delivers, silent, task reopened" of the table. */
async function expectTableOfReopened(stage: Stage): Promise<void> {
  const [own] = await stage.contracts('first')
  const contract = own?.contract ?? ''
  const undecided = { end: 'undecided', party: null, fault: null }
  expect(inWords(await stage.show('first', contract))).toEqual({ ...undecided, grade: null, alleged: [] })
  expect((await stage.verify('first', contract)).contracts.map(inWords)).toEqual([
    { ...undecided, grade: null, openAt: null },
  ])
  expect(inWords(await stage.show('me', contract))).toEqual({
    ...undecided,
    grade: 'alleged',
    alleged: ['ABANDONED of worker'],
  })
}

scenario(
  'a worker that wakes up after the task was settled by another is fenced by the agent that runs on',
  async ({ stage }) => {
    await stage.up()
    const { first, second } = await twoWorkers(stage)
    const hiring = await hireTheFirst(stage, first)
    first.signal('SIGSTOP')
    await second.event('accepted', { generation: 2 })
    await stage.openGate('first')
    await stage.openGate('second')
    expectExit(await hiring.ended(), 0)
    expect(hiring.events('result')).toMatchObject([{ generation: 2, result: { text: 'HELLO' } }])

    first.signal('SIGCONT')
    await first.event('fenced')
    expect(first.events('settled')).toEqual([])
    expectOneSettlement(await stage.verify('me', 'task'))
    await expectNothingLateIn((await stage.run(['contract', 'export', 'task'])).stdout)
  },
)

scenario(
  'a worker that was killed learns of the new generation before it sends anything of the contract',
  async ({ stage }) => {
    const { first, second } = await twoWorkers(stage)
    const hiring = await hireTheFirst(stage, first)
    await first.kill()
    const [held] = await stage.contracts('first')
    const contract = held?.contract ?? ''
    const before = (await stage.show('first', contract)).records ?? []
    await second.event('accepted', { generation: 2 })

    // The gate stands open: a command that is run again has its result at once.
    await stage.openGate('first')
    const again = await stage.work('shout', ['--as', 'first', '--price', '1'], ...stage.gated('first'))
    await again.event('fenced')
    await stage.openGate('second')
    expectExit(await hiring.ended(), 0)

    expect(again.events('delivered')).toEqual([])
    expect(hiring.events('delivered')).toMatchObject([{ generation: 2 }])
    const after = await stage.show('first', contract)
    const own = (records: typeof before) =>
      records.filter(({ author, type }) => author === after.worker && type !== 'closing').map(({ id }) => id)
    // What it has signed since is the closing of what it lost.
    expect(own(after.records ?? [])).toEqual(own(before))
    expectOneSettlement(await stage.verdicts(await readFile(stage.path('saved.json'))))
  },
)
