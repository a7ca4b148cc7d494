import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import { passing } from './support/limit.ts'
import { scenario } from './support/scenario.ts'

const BEFORE_MS = 20_000
const STILL_MS = 8_000
const LIMIT_MS = 110_000

scenario(
  'a worker alone that stands still for 8 s in a work of 60 s keeps its task and works once',
  async ({ stage }) => {
    const command = `echo run >> "${stage.path('work.runs')}"; sleep 60; tr a-z A-Z`
    const worker = await stage.work('shout', [], 'sh', '-c', command)
    const hiring = stage.start(['hire', 'shout', '--key', 'task', '--deadline', '100s', '--json'], 'hello')
    await hiring.event('opened')
    await stage.atGate('work')
    await passing(BEFORE_MS)
    worker.signal('SIGSTOP')
    await passing(STILL_MS)
    worker.signal('SIGCONT')

    expectExit(await hiring.ended(LIMIT_MS), 0)
    expect(hiring.events('result')).toMatchObject([{ generation: 1, result: { text: 'HELLO' } }])
    expect(await stage.runs('work')).toBe(1)
    expect((await stage.verify('me', 'task')).contracts).toMatchObject([{ generation: 1, end: 'settled' }])
    expect(worker.events('settled')).toHaveLength(1)
  },
)
