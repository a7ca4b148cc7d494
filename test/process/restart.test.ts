import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import { scenario } from './support/scenario.ts'
import type { TaskFile } from './support/shown.ts'

scenario.concurrent(
  'a worker that is killed and started again alone delivers under the same award',
  async ({ stage }) => {
    const worker = await stage.work('shout', [], ...stage.gated('go'))
    const hiring = stage.start(['hire', 'shout', '--key', 'task', '--deadline', '60s', '--json'], 'hello')
    await hiring.event('opened')
    await stage.atGate('go')
    await worker.kill()

    await stage.openGate('go')
    const again = await stage.work('shout', [], ...stage.gated('go'))
    expectExit(await hiring.ended(), 0)
    await again.event('settled')
    expect(hiring.events('result')).toMatchObject([{ generation: 1, result: { text: 'HELLO' } }])
    expect(await stage.runs('go')).toBe(2)
    const { contracts } = await stage.verify('me', 'task')
    expect(contracts).toMatchObject([{ generation: 1, end: 'settled' }])
  },
)

// Each kills the requester at another point of its contract.
scenario.concurrent.for(['offered', 'awarded', 'accepted', 'opened', 'delivered'])(
  'a requester that is killed at "%s" settles when its agent runs again',
  async (point, { stage }) => {
    const worker = await stage.work('shout', [], ...stage.gated('go'))
    const flags = ['--key', 'task', '--deadline', '60s', '--json']
    // A delivery is only killed between its coming and its review if the review takes its time.
    const check = ['--accept', `cmd:[ -e ${stage.path('check.open')} ] || exec sleep 60`]
    const hiring = stage.start(['hire', 'shout', ...flags, ...(point === 'delivered' ? check : [])], 'hello')
    if (point === 'delivered') await stage.openGate('go')
    await hiring.event(point)
    await hiring.kill()
    await stage.openGate('go')
    await stage.openGate('check')

    const up = await stage.up()
    await up.event('settled')
    await worker.event('settled')
    const result = await stage.run(['contract', 'result', 'task'])
    expectExit(result, 0)
    expect(result.stdout.toString()).toBe('HELLO')

    expect((await stage.verify('me', 'task')).contracts).toMatchObject([{ generation: 1, end: 'settled' }])
    const exported = await stage.run(['contract', 'export', 'task'])
    // The command under test wrote it.
    const { records } = JSON.parse(exported.stdout.toString()) as TaskFile
    const count = (type: string) => records.filter((record) => record.type === type).length
    expect({ awards: count('award'), deliveries: count('deliver'), approvals: count('approve') }).toEqual({
      awards: 1,
      deliveries: 1,
      approvals: 1,
    })
    expect(await stage.runs('go')).toBe(1)
    const told = await stage.run(['events', '--json'])
    expect(told.stdout.toString().match(/"event":"settled"/g)).toHaveLength(1)
    expect(worker.events('settled')).toHaveLength(1)
    expect(worker.events('awarded')).toHaveLength(1)
  },
)
