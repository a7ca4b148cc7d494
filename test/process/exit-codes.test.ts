import { chmod, readFile, writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import type { Ended, Running } from './support/running.ts'
import { scenario } from './support/scenario.ts'
import type { Stage } from './support/stage.ts'

/** One way to an exit code; `says` is what stands on stderr beside it. */
interface Row {
  readonly exit: number
  readonly when: string
  readonly says?: RegExp
  readonly play: (stage: Stage) => Promise<Ended>
}

const ended = async (running: Running, signal: NodeJS.Signals): Promise<Ended> => {
  running.signal(signal)
  return running.ended()
}

/** A hire whose worker is at the gate. */
async function underWork(stage: Stage, ...flags: readonly string[]): Promise<Running> {
  await stage.work('task', [], ...stage.gated('never'))
  const hiring = stage.start(['hire', 'task', 'x', '--key', 'task', '--json', ...flags])
  await hiring.event('opened')
  await stage.atGate('never')
  return hiring
}

async function savedFile(stage: Stage): Promise<string> {
  await stage.work('task', [], 'cat')
  const file = stage.path('saved.json')
  expectExit(await stage.run(['hire', 'task', 'x', '--save', file]), 0)
  return file
}

/** A hire of a worker with this command. */
const hire =
  (command: readonly string[], ...flags: readonly string[]) =>
  async (stage: Stage): Promise<Ended> => {
    await stage.work('task', [], ...command)
    return stage.run(['hire', 'task', 'x', '--attempts', '1', ...flags])
  }

const hiring: readonly Row[] = [
  { exit: 0, when: 'hire: settled', play: hire(['cat']) },
  {
    exit: 3,
    when: 'hire: nobody bid',
    says: /nobody bid \(met 1 peer; none of them offers it\)/,
    async play(stage) {
      await stage.work('other', [], 'cat')
      return stage.run(['hire', 'task', 'x', '--wait', '2s'])
    },
  },
  {
    exit: 4,
    when: 'hire: the deadline passed',
    says: /task: the contract ended undecided\n {2}\S/,
    play: (stage) => hire(stage.gated('never'), '--deadline', '4s')(stage),
  },
  {
    exit: 4,
    when: 'hire: cancelled by another command',
    says: /task: the task was cancelled\n {2}\S/,
    async play(stage) {
      const running = await underWork(stage)
      expectExit(await stage.run(['contract', 'cancel', 'task']), 0)
      return running.ended()
    },
  },
  {
    exit: 4,
    when: 'hire: every attempt ended without a result',
    says: /every attempt ended without a result\n {2}\S/,
    async play(stage) {
      const worker = await stage.work('task', ['--drain', '0s'], ...stage.gated('never'))
      const running = stage.start(['hire', 'task', 'x', '--attempts', '1', '--json'])
      await running.event('opened')
      await stage.atGate('never')
      worker.signal('SIGTERM')
      return running.ended()
    },
  },
  {
    exit: 5,
    when: 'hire: rejected',
    says: /the result was rejected\n {2}\S/,
    play: hire(['cat'], '--accept', 'cmd:false'),
  },
  {
    exit: 6,
    when: 'hire: met no peer',
    says: /no other agent was met on network haggle within 1 s[^]+haggle work task/,
    play: (stage) => stage.run(['hire', 'task', 'x', '--wait', '1s']),
  },
  { exit: 7, when: 'hire: the task itself failed', says: /\(exit-3\)\n {2}\S/, play: hire(['sh', '-c', 'exit 3']) },
]

const general: readonly Row[] = [
  { exit: 0, when: 'any: done', play: (stage) => stage.run(['status']) },
  {
    exit: 1,
    when: 'any: failure',
    says: /nowhere cannot be read[^]+\n {2}\S/,
    play: (stage) => stage.run(['hire', 'task', '--input', 'nowhere']),
  },
  { exit: 2, when: 'any: usage', says: /unknown option[^]+--help/, play: (stage) => stage.run(['hire', '--nonsense']) },
  {
    exit: 75,
    when: 'work: the agent runs already',
    says: /agent task runs already[^]+--as/,
    async play(stage) {
      await stage.work('task', [], 'cat')
      return stage.run(['work', 'task', '--', 'cat'])
    },
  },
  {
    exit: 75,
    when: 'any: the holder does not answer in 2 s',
    says: /does not answer[^]+--as/,
    async play(stage) {
      const up = await stage.up()
      up.signal('SIGSTOP')
      return stage.run(['contracts'])
    },
  },
  {
    exit: 78,
    when: 'any: a key that others can read',
    says: /dir\/key-exposed[^]+chmod 600/,
    async play(stage) {
      const up = await stage.up()
      up.signal('SIGTERM')
      expectExit(await up.ended(), 0)
      await chmod(stage.path('me/key'), 0o644)
      return stage.run(['up'])
    },
  },
  {
    exit: 78,
    when: 'work: a genesis that lists a bad key',
    says: /lab\.json, line 2: anchors: number 1, "12D3", is no PeerId[^]+config\/genesis[^]+\n {2}\S/,
    async play(stage) {
      await writeFile(stage.path('lab.json'), '{ "haggle": 1, "network": "haggle",\n  "anchors": ["12D3"] }\n')
      return stage.run(['work', 'task', '--genesis', stage.path('lab.json'), '--', 'cat'])
    },
  },
  {
    exit: 78,
    when: 'hire: another genesis than that of the agent that runs',
    says: /config\/genesis-other[^]+--as NAME/,
    async play(stage) {
      await stage.up()
      const { peerId } = JSON.parse(String((await stage.run(['status', '--as', 'me', '--json'])).stdout)) as {
        peerId: string
      }
      const file = stage.path('lab.json')
      expectExit(await stage.run(['network', 'init', '--anchor', peerId, '--out', file]), 0)
      return stage.run(['hire', 'task', 'x', '--genesis', file])
    },
  },
  {
    exit: 130,
    when: 'hire: Ctrl-C',
    says: /cancelling; press Ctrl-C again/,
    play: async (stage) => ended(await underWork(stage), 'SIGINT'),
  },
  {
    exit: 130,
    when: 'peers: Ctrl-C',
    async play(stage) {
      const running = stage.start(['peers'])
      await stage.holds('me', running)
      return ended(running, 'SIGINT')
    },
  },
  {
    exit: 143,
    when: 'hire: SIGTERM',
    says: /cancelling/,
    play: async (stage) => ended(await underWork(stage), 'SIGTERM'),
  },
  {
    exit: 143,
    when: 'skills: SIGTERM',
    async play(stage) {
      const running = stage.start(['skills', '--json'])
      await stage.holds('me', running)
      return ended(running, 'SIGTERM')
    },
  },
  {
    exit: 143,
    when: 'work: a second signal cuts off what it does',
    says: /press Ctrl-C again/,
    async play(stage) {
      const worker = stage.start(['work', 'task', '--', ...stage.gated('never')])
      const running = stage.start(['hire', 'task', 'x', '--attempts', '1', '--json'])
      await running.event('opened')
      await stage.atGate('never')
      worker.signal('SIGTERM')
      await worker.says('press Ctrl-C again')
      return ended(worker, 'SIGTERM')
    },
  },
  {
    exit: 130,
    when: 'events: followed until Ctrl-C',
    async play(stage) {
      const up = await stage.up()
      const running = stage.start(['events', '--follow', '--json'])
      await running.event('ready')
      const told = await ended(running, 'SIGINT')
      up.signal('SIGTERM')
      expectExit(await up.ended(), 0)
      return told
    },
  },
]

const verifying: readonly Row[] = [
  {
    exit: 0,
    when: 'verify: valid',
    play: async (stage) => stage.run(['verify', await savedFile(stage)]),
  },
  {
    exit: 0,
    when: 'verify: valid, whatever the outcome',
    async play(stage) {
      const file = stage.path('failed.json')
      expectExit(await hire(['false'], '--save', file)(stage), 7)
      return stage.run(['verify', file])
    },
  },
  {
    exit: 1,
    when: 'verify: invalid',
    says: /record 3/,
    async play(stage) {
      const file = await savedFile(stage)
      const text = await readFile(file, 'utf8')
      const outcome = text.lastIndexOf('"settled"')
      await writeFile(file, `${text.slice(0, outcome)}"settleD"${text.slice(outcome + 9)}`)
      return stage.run(['verify', file])
    },
  },
  {
    exit: 2,
    when: 'verify: unreadable',
    async play(stage) {
      await writeFile(stage.path('torn.json'), '{"haggle":1,')
      return stage.run(['verify', 'torn.json'])
    },
  },
]

const rows = [...hiring, ...general, ...verifying]

scenario.concurrent.for(rows)('$when: exit $exit', async ({ exit, says, play }, { stage }) => {
  const told = await play(stage)
  expectExit(told, exit)
  if (says !== undefined) expect(told.stderr).toMatch(says)
  expect(told.stderr).not.toMatch(/^ +at /m)
})

scenario('every exit code has its row', ({ stage }) => {
  expect(stage.home).not.toBe('')
  const codes = new Set(rows.map(({ exit }) => exit))
  expect([...codes].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 75, 78, 130, 143])
})
