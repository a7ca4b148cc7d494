import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import { scenario } from './support/scenario.ts'
import { both, expectRow, type Row, type Words } from './support/ends-row.ts'
import type { Stage } from './support/stage.ts'

const UNDECIDED: Words = ['undecided', null, null]
const OPEN: Words = [null, null, null]
const BAD: Words = ['breached', 'worker', 'BAD']

/** The one contract that an agent has. */
async function contractOf(stage: Stage, name: string): Promise<string> {
  const found = await stage.contracts(name)
  expect(found).toHaveLength(1)
  return found[0]?.contract ?? ''
}

async function expectBoth(stage: Stage, requester: Row, worker: Row = requester): Promise<void> {
  const contract = await contractOf(stage, 'me')
  await expectRow(stage, 'me', contract, requester)
  await expectRow(stage, 'task', contract, worker)
}

const SCHEMA = '{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A worker whose command answers at once, and what the requester says of the answer. */
const answered: readonly {
  readonly what: string
  readonly command: readonly string[]
  readonly accept?: string
  readonly exit: number
  readonly row: Row
}[] = [
  { what: 'settled', command: ['cat'], exit: 0, row: both(['settled', null, null]) },
  { what: 'garbage under a hash', command: ['echo', 'no'], accept: `hash:${sha256('yes')}`, exit: 5, row: both(BAD) },
  { what: 'garbage under a schema', command: ['echo', 'no'], accept: 'schema:s.json', exit: 5, row: both(BAD) },
  {
    what: 'garbage under a schema, too large to lie in the file',
    command: ['head', '-c', '100000', '/dev/zero'],
    accept: 'schema:s.json',
    exit: 5,
    row: { verify: UNDECIDED, show: BAD },
  },
  {
    what: 'a result that the requester rejects',
    command: ['cat'],
    accept: 'cmd:false',
    exit: 5,
    row: both(['split', null, null]),
  },
  {
    what: 'a task that fails',
    command: ['sh', '-c', 'echo oops >&2; exit 3'],
    exit: 7,
    row: both(['failed', null, null]),
  },
]

scenario.concurrent.for(answered)(
  '$what: each side sees the end',
  async ({ command, accept, exit, row }, { stage }) => {
    await writeFile(stage.path('s.json'), SCHEMA)
    const worker = await stage.work('task', [], ...command)
    const flags = ['--attempts', '1', '--deadline', '30s', ...(accept === undefined ? [] : ['--accept', accept])]
    const hired = await stage.run(['hire', 'task', ...flags], 'hello')
    expectExit(hired, exit)
    await worker.event(row.show[0] ?? '')
    await expectBoth(stage, row)
  },
)

scenario.concurrent('a worker that beats on and never delivers', async ({ stage }) => {
  const worker = await stage.work('task', [], ...stage.gated('never'))
  const hired = await stage.run(['hire', 'task', '--deadline', '8s'], 'hello')
  expectExit(hired, 4)
  await worker.event('undecided')
  await expectBoth(stage, { ...both(UNDECIDED), alleged: 'NO_DELIVERY of worker' }, both(UNDECIDED))
})

scenario.concurrent('a worker that falls silent and never delivers, with nobody else there', async ({ stage }) => {
  const worker = await stage.work('task', [], ...stage.gated('never'))
  const hiring = stage.start(['hire', 'task', '--deadline', '8s', '--json'], 'hello')
  await worker.event('opened')
  await stage.atGate('never')
  await worker.kill()
  expectExit(await hiring.ended(), 4)
  const requester: Row = { ...both(UNDECIDED), alleged: 'NO_DELIVERY of worker' }
  await expectBoth(stage, requester, { ...both(OPEN), openAt: 1 })

  // The two meet again.
  await stage.up()
  const again = await stage.work('task', [], ...stage.gated('never'))
  await again.event('undecided')
  await expectBoth(stage, requester, both(UNDECIDED))
})

scenario.concurrent('a requester that holds a delivery and never reviews it', async ({ stage }) => {
  const worker = await stage.work('task', [], ...stage.gated('go', 'cat'))
  const flags = ['--deadline', '10s', '--accept', 'cmd:exec sleep 120', '--json']
  const hiring = stage.start(['hire', 'task', ...flags], 'hello')
  // A contract that was never opened would lapse.
  await worker.event('opened')
  await stage.openGate('go')
  await hiring.event('delivered')
  await hiring.kill()
  await worker.event('undecided')
  await expectBoth(stage, { ...both(OPEN), openAt: 2 }, { ...both(UNDECIDED), alleged: 'SILENT_REVIEW of requester' })

  const up = await stage.up()
  await up.event('undecided')
  await expectBoth(stage, both(UNDECIDED), { ...both(UNDECIDED), alleged: 'SILENT_REVIEW of requester' })
})

scenario.concurrent('a requester that is gone before the delivery comes', async ({ stage }) => {
  const worker = await stage.work('task', [], ...stage.gated('go', 'cat'))
  const hiring = stage.start(['hire', 'task', '--deadline', '8s', '--json'], 'hello')
  await worker.event('opened')
  await hiring.kill()
  await stage.openGate('go')
  await worker.event('undecided')
  await expectBoth(stage, { ...both(OPEN), openAt: 1 }, { ...both(UNDECIDED), alleged: 'SILENT_REVIEW of requester' })
})

scenario.concurrent('a worker that gives the task back after it was bound', async ({ stage }) => {
  // Only without --json it says that it is finishing.
  const worker = stage.start(['work', 'task', '--drain', '30s', '--', ...stage.gated('never')])
  const hiring = stage.start(['hire', 'task', '--attempts', '1', '--deadline', '30s', '--json'], 'hello')
  await hiring.event('opened')
  await stage.atGate('never')
  worker.signal('SIGTERM')
  await worker.says('press Ctrl-C again')
  worker.signal('SIGTERM')
  expect((await worker.ended()).code).toBe(143)
  expectExit(await hiring.ended(), 4)
  await expectBoth(stage, both(['withdrawn', 'worker', 'WITHDRAW']))
})

scenario.concurrent('both agree to cancel', async ({ stage }) => {
  const worker = await stage.work('task', [], ...stage.gated('never'))
  const hiring = stage.start(['hire', 'task', '--deadline', '30s', '--json'], 'hello')
  await hiring.event('opened')
  await stage.atGate('never')
  hiring.signal('SIGINT')
  expectExit(await hiring.ended(), 130)
  await worker.event('cancelled')
  await expectBoth(stage, both(['cancelled', null, null]))
})
