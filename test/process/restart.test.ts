import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import { scenario } from './support/scenario.ts'
import type { TaskFile } from './support/shown.ts'

scenario.concurrent(
  'a worker that is killed and started again alone delivers under the same award',
  async ({ stage }) => {
    const worker = await stage.work('shout', [], ...stage.gated('go'))
    const hiring = stage.start(['hire', 'shout', '--key', 'task', '--deadline', '60s', '--json'], 'hello')
    // Who was never bound gives the task back when it runs again and the time to bind it is over.
    await worker.event('opened')
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

/**
 * Each kills the requester at another point of its contract. An award that nobody opens in time binds nobody: before the opening
 * a slow restart may come too late for it, and the task is awarded again under the next generation.
 */
scenario.concurrent.for([
  { point: 'offered', bound: false },
  { point: 'awarded', bound: false },
  { point: 'accepted', bound: false },
  { point: 'opened', bound: true },
  { point: 'delivered', bound: true },
])(
  'a requester that is killed at $point settles once when its agent runs again',
  async ({ point, bound }, { stage }) => {
    const worker = await stage.work('shout', [], ...stage.gated('go'))
    // The offer outlasts a restart on a busy machine.
    const flags = ['--key', 'task', '--deadline', '60s', '--wait', '30s', '--json']
    // A requester can only be killed between a delivery and its review if the review takes its time.
    const check = ['--accept', `cmd:[ -e ${stage.path('check.open')} ] || exec sleep 60`]
    const hiring = stage.start(['hire', 'shout', ...flags, ...(point === 'delivered' ? check : [])], 'hello')
    if (bound) await worker.event('opened')
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

    const exported = await stage.run(['contract', 'export', 'task'])
    const ends = (await stage.verdicts(exported.stdout)).contracts.map(({ end }) => end)
    expect(ends.filter((end) => end === 'settled')).toHaveLength(1)
    expect(ends.slice(0, -1).every((end) => end === 'lapsed')).toBe(true)
    // The command under test wrote it.
    const { records } = JSON.parse(exported.stdout.toString()) as TaskFile
    const awards = records.filter(({ type }) => type === 'award').map(({ view }) => view['generation'])
    expect(awards).toEqual(ends.map((_, index) => index + 1))
    expect(records.filter(({ type }) => type === 'approve')).toHaveLength(1)
    const told = await stage.run(['events', '--json'])
    expect(told.stdout.toString().match(/"event":"settled"/g)).toHaveLength(1)
    expect(worker.events('settled')).toHaveLength(1)

    if (!bound) return
    expect(awards).toEqual([1])
    expect(await stage.runs('go')).toBe(1)
  },
)
