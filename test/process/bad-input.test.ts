import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { both, expectRow } from './support/ends-row.ts'
import { expectExit } from './support/expect-exit.ts'
import type { Ended } from './support/running.ts'
import { scenario } from './support/scenario.ts'

/** A refusal: the exit code, what happened in the first line, the next step in another, and no stack trace. Bad flags are told by the parser. */
function expectRefusal({ code, stdout, stderr }: Ended, exit: number, says: RegExp): void {
  expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringMatching(says) as string })
  expect(stderr).toMatch(/^haggle: .+\n {2}\S/m)
  expect(stderr).not.toMatch(/^ +at /m)
  expect(stdout).toHaveLength(0)
}

scenario('an unknown skill: nobody bids, and the way to see what there is', async ({ stage }) => {
  await stage.work('echo', [], 'cat')
  const hired = await stage.run(['hire', 'no-such-skill', 'x', '--wait', '3s', '--deadline', '20s'])
  expectRefusal(hired, 3, /met 1 peer; none of them offers it[^]+haggle skills/)
})

scenario('nobody at all: no peer, and how to start a worker', async ({ stage }) => {
  const hired = await stage.run(['hire', 'echo', 'x', '--wait', '1s', '--deadline', '20s'])
  expectRefusal(hired, 6, /haggle work echo -- COMMAND/)
})

scenario('a command that exits 1: the task failed, with the code and a note of it', async ({ stage }) => {
  await stage.work('fails', [], 'sh', '-c', 'echo no such luck >&2; exit 1')
  const hired = await stage.run(['hire', 'fails', 'x', '--key', 'task', '--attempts', '1', '--deadline', '20s'])
  expectRefusal(hired, 7, /exit-1/)
  expect(await stage.show('me', 'task')).toMatchObject({
    failure: { code: 'exit-1', note: expect.stringContaining('exit code 1') as string },
  })
})

scenario.for([
  ['a command that does not exist', ['work', 'x', '--', 'no-such-command'], 2, /no command "no-such-command"[^]+PATH/],
  ['a path that does not exist', ['work', 'x', '--', '/no/such'], 2, /no command "\/no\/such"/],
  ['a forgotten --', ['work', 'shout', 'tr', 'a-z', 'A-Z'], 2, /haggle work shout -- tr a-z A-Z/],
  ['no command', ['work', 'shout'], 2, /haggle work shout -- /],
  ['an unreadable input file', ['hire', 'shout', '--input', '/no/file'], 1, /\/no\/file/],
  ['a folder as input file', ['hire', 'shout', '--input', '.'], 1, /folder/],
  ['an unreadable schema', ['hire', 'shout', 'x', '--accept', 'schema:/no/file'], 1, /\/no\/file/],
  ['a span that is none', ['hire', 'shout', 'x', '--deadline', 'soon'], 2, /Write a number with its unit/],
  ['a name that is none', ['hire', 'shout', 'x', '--as', 'Not A Name'], 2, /Use 1 to 63 of/],
  ['an unknown contract', ['contract', 'show', 'zzz'], 1, /zzz|no agent/],
  ['an unknown agent', ['contracts', '--as', 'nobody'], 1, /nobody[^]+haggle status/],
  ['a task file that is not there', ['verify', '/no/file'], 2, /\/no\/file/],
] as const)('%s: the exit code and the next step', async ([, args, exit, says], { stage }) => {
  expectRefusal(await stage.run(args), exit, says)
})

scenario('a second work of one name is busy, and names --as', async ({ stage }) => {
  const worker = await stage.work('echo', [], 'cat')
  expectRefusal(await stage.run(['work', 'echo', '--', 'cat']), 75, /--as/)
  const hired = await stage.run(['hire', 'echo', 'still there', '--deadline', '20s'])
  expectExit(hired, 0)
  expect(hired.stdout.toString()).toBe('still there')
  expect(worker.events('settled').length).toBeLessThanOrEqual(1)
})

scenario(
  'T-13: an input that the requester never supplies binds nobody: the worker is free for the next',
  async ({ stage }) => {
    const worker = await stage.work('count', [], 'wc', '-c')
    // Large enough that the worker is still fetching it when the requester dies; it waits for three transfers (TIME-18).
    const size = 40 * 1024 * 1024
    await writeFile(stage.path('large'), new Uint8Array(size))
    const hiring = stage.start(['hire', 'count', '--input', 'large', '--key', 'large', '--deadline', '140s', '--json'])
    const { contract } = await worker.event('awarded')
    await hiring.kill()
    expect(hiring.events('accepted')).toEqual([])

    const hired = await stage.run(
      ['hire', 'count', 'abc', '--as', 'other', '--deadline', '90s', '--wait', '80s'],
      '',
      100_000,
    )
    expectExit(hired, 0)
    expect(hired.stdout.toString().trim()).toBe('3')
    expect(worker.events('accepted', { contract })).toEqual([])
    expect(worker.events('declined', { contract })).toHaveLength(1)
    expect(worker.events('slashed')).toEqual([])
    expect(worker.events('alleged')).toEqual([])

    // The requester comes back with the whole input: the task is done after all.
    const up = await stage.up()
    await up.event('settled', {}, 90_000)
    const result = await stage.run(['contract', 'result', 'large'])
    expect(result.stdout.toString().trim()).toBe(String(size))
    for (const name of ['me', 'count']) await expectRow(stage, name, String(contract), both(['declined', null, null]))
  },
)

scenario('Ctrl-C of hire before anybody holds the task withdraws it', async ({ stage }) => {
  const hiring = stage.start(['hire', 'echo', 'x', '--key', 'task', '--json'])
  await hiring.event('offered')
  hiring.signal('SIGINT')
  expectExit(await hiring.ended(), 130)
  expect(hiring.events('result')).toMatchObject([{ code: 'hire/cancelled', exit: 130 }])
  expect(hiring.stderr).toMatch(/haggle: .+\n {2}\S/)

  // Nobody is awarded it later.
  const worker = await stage.work('echo', [], 'cat')
  const up = await stage.up()
  await up.event('peer', { up: true })
  expect(await stage.contracts('me')).toEqual([])
  expect(worker.events('awarded')).toEqual([])
})

scenario('Ctrl-C of hire when the worker does not answer says how to fetch the result later', async ({ stage }) => {
  const worker = await stage.work('echo', [], ...stage.gated('go', 'cat'))
  const hiring = stage.start([
    'hire',
    'echo',
    'later',
    '--key',
    'task',
    '--deadline',
    '60s',
    '--lease',
    '10s',
    '--json',
  ])
  await hiring.event('opened')
  await stage.atGate('go')
  worker.signal('SIGSTOP')
  hiring.signal('SIGINT')
  expectExit(await hiring.ended(), 130)
  expect(hiring.stderr).toMatch(/haggle up --as me[^]+haggle contract result task --as me/)
  expect(hiring.stderr).not.toMatch(/^ +at /m)
})

scenario('Ctrl-C of work finishes what it has begun and takes nothing new', async ({ stage }) => {
  const worker = await stage.work('echo', ['--drain', '30s'], ...stage.gated('go', 'cat'))
  const hiring = stage.start(['hire', 'echo', 'x', '--deadline', '60s', '--json'])
  await hiring.event('opened')
  await stage.atGate('go')
  worker.signal('SIGINT')
  const late = await stage.run(['hire', 'echo', 'y', '--as', 'late', '--wait', '2s', '--deadline', '30s'])
  expectRefusal(late, 3, /haggle/)
  await stage.openGate('go')
  const hired = await hiring.ended()
  expectExit(hired, 0)
  expect((await worker.ended()).code).toBe(0)
})

scenario('Ctrl-C of work twice gives the task back and leaves no child', async ({ stage }) => {
  // The command names its process; it ends by itself with the scenario.
  const command = stage.gated('go', 'cat')[2]
  const worker = stage.start([
    'work',
    'echo',
    '--drain',
    '60s',
    '--',
    'sh',
    '-c',
    `echo $$ > ${stage.path('pid')}; ${command}`,
  ])
  const hiring = stage.start(['hire', 'echo', 'x', '--attempts', '1', '--deadline', '60s', '--json'])
  await hiring.event('opened')
  await stage.atGate('go')
  worker.signal('SIGINT')
  await worker.says('press Ctrl-C again to withdraw')
  worker.signal('SIGINT')
  expect((await worker.ended()).code).toBe(130)
  const hired = await hiring.ended()
  expectExit(hired, 4)
  expect(hired.stderr).toMatch(/haggle: .+\n {2}\S/)
  expect(hiring.events('withdrawn')).toMatchObject([{ fault: 'WITHDRAW' }])
  const { stdout } = await stage
    .spawn('sh', ['-c', `kill -0 "$(cat ${stage.path('pid')})" 2>/dev/null || echo gone`])
    .ended()
  expect(stdout.toString()).toBe('gone\n')
})

scenario('T-05: what an attacker might send to verify is unreadable or invalid, never a crash', async ({ stage }) => {
  const digest = createHash('sha256').update('x').digest('hex')
  const unreadable = ['', 'garbage', '[]', 'null', '{}']
  const invalid = ['{"haggle":1,"records":[]}', `{"haggle":1,"records":[{"id":"${digest}"}]}`]
  for (const [texts, exit, says] of [
    [unreadable, 2, /^haggle: unreadable: /],
    [invalid, 1, /^haggle: invalid: record \d+: /],
  ] as const) {
    for (const text of texts) {
      const { code, stderr } = await stage.run(['verify', '-'], text)
      expect({ text, code, stderr }).toEqual({ text, code: exit, stderr: expect.stringMatching(says) as string })
    }
  }
})
