import { cp } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import { both, expectRow } from './support/ends-row.ts'
import { scenario } from './support/scenario.ts'
import type { Running } from './support/running.ts'

/** Further rows of the table in docs/spec/contract.md: ends for which nobody did anything wrong, and the one for which somebody must. */

scenario.concurrent('a worker that has no room any more declines the award, free', async ({ stage }) => {
  const worker = await stage.work('task', [], ...stage.gated('go', 'cat'))
  for (const name of ['one', 'two']) await (await stage.up('--as', name)).event('peer', { up: true })
  // Both have its bid before either has awarded.
  const hire = ['hire', 'task', '--bids', '5s', '--deadline', '90s', '--wait', '60s', '--json']
  const hiring = ['one', 'two'].map((name) => stage.start([...hire, '--as', name], name))
  const { contract } = await worker.event('declined')
  const busy = (await stage.contracts('one', '--all')).some((each) => each.contract === contract) ? 'one' : 'two'
  const declined = hiring[busy === 'one' ? 0 : 1]
  await declined?.event('declined', { contract })
  await expectRow(stage, busy, String(contract), both(['declined', null, null]))
  await expectRow(stage, 'task', String(contract), both(['declined', null, null]))

  // It is asked again, and has room by then.
  await stage.openGate('go')
  for (const each of hiring) expectExit(await each.ended(90_000), 0)
  expect(worker.events('slashed')).toEqual([])
})

scenario.concurrent('a worker that is never opened withdraws, free', async ({ stage }) => {
  const worker = await stage.work('task', [], ...stage.gated('go', 'cat'))
  const hiring = stage.start(['hire', 'task', 'x', '--key', 'task', '--wait', '60s', '--deadline', '90s', '--json'])
  const { contract } = await hiring.event('accepted')
  await hiring.kill()
  expect(hiring.events('opened')).toEqual([])
  await worker.event('withdrawn', { contract })
  await expectRow(stage, 'task', String(contract), both(['withdrawn', null, null]))

  // The requester hears of it when it runs again, and gives the task away anew.
  const up = await stage.up()
  await up.event('withdrawn', { contract })
  await expectRow(stage, 'me', String(contract), both(['withdrawn', null, null]))
  await stage.openGate('go')
  await up.event('settled', { generation: 2 })
  expect(worker.events('slashed')).toEqual([])
})

scenario('T-24: two processes with one key that both deliver void the contract', async ({ stage }) => {
  const VOID = both(['void', 'worker', 'FORK'])
  const requester = await stage.up()
  const first = await stage.work('task', [], ...stage.gated('never'))
  const flags = ['--deadline', '90s', '--lease', '60s', '--attempts', '1', '--accept', 'cmd:exec sleep 60']
  const hiring = stage.start(['hire', 'task', 'x', '--key', 'task', ...flags])
  const { contract } = await first.event('opened')
  await stage.atGate('never')
  await first.kill()
  await cp(stage.path('task'), stage.path('copy'), { recursive: true })

  // Each runs alone, with a requester that does not answer, and is passed over: then both sign.
  const alone = async (name: string): Promise<Running> => {
    const worker = await stage.work('task', ['--as', name], 'echo', name)
    await worker.event('delivered', { contract })
    return worker
  }
  requester.signal('SIGSTOP')
  await (await alone('task')).kill()
  const copy = await alone('copy')
  requester.signal('SIGCONT')
  // The one that meets the requester is first heard; the other has its word still.
  await requester.event('delivered', { contract })
  await copy.kill()
  const again = await stage.work('task', [], 'echo', 'again')

  await requester.event('void', { contract })
  await again.event('void', { contract })
  expectExit(await hiring.ended(), 4)
  await expectRow(stage, 'me', String(contract), VOID)
  await expectRow(stage, 'task', String(contract), VOID)
})
