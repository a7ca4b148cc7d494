import { readFile, writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { BIN } from './support/command.ts'
import { expectExit } from './support/expect-exit.ts'
import type { Ended } from './support/running.ts'
import { scenario } from './support/scenario.ts'
import type { Stage } from './support/stage.ts'

/** What a user does, or forgets, at the command line; `says` is the whole of what is expected on stderr. */
interface Step {
  readonly what: string
  readonly exit: number
  readonly says: RegExp
  readonly prints?: string
  readonly play: (stage: Stage) => Promise<Ended>
}

const nothing = /^$/

/** A command that says no: what happened, and the next step below it. */
const refusal = (happened: string, next: string): RegExp => new RegExp(`^haggle: .*${happened}.*\n {2}.*${next}.*\n$`)

const hire =
  (command: readonly string[], ...flags: readonly string[]) =>
  async (stage: Stage): Promise<Ended> => {
    await stage.work('task', [], ...command)
    return stage.run(['hire', 'task', 'x', '--attempts', '1', ...flags])
  }

const steps: readonly Step[] = [
  {
    what: 'the -- before the command is forgotten',
    exit: 2,
    says: refusal('the "--" before the command is missing', 'haggle work shout -- tr a-z A-Z'),
    play: (stage) => stage.run(['work', 'shout', 'tr', 'a-z', 'A-Z']),
  },
  {
    what: 'there are no workers',
    exit: 6,
    says: refusal('no other agent was met on network haggle within 1 s', 'haggle work shout -- COMMAND.*--peer'),
    play: (stage) => stage.run(['hire', 'shout', 'x', '--wait', '1s']),
  },
  {
    what: 'the budget is too low',
    exit: 3,
    says: refusal(
      String.raw`every price is above the budget \(met 1 peer; the cheapest asks 3 credits, the budget is 2\)`,
      'Raise --budget',
    ),
    async play(stage) {
      await stage.work('shout', ['--price', '3'], 'cat')
      return stage.run(['hire', 'shout', 'x', '--budget', '2', '--wait', '8s'])
    },
  },
  {
    what: 'the command of a check is misspelt',
    exit: 2,
    says: refusal('there is no command "gerp" for the check', 'spelling and PATH'),
    play: (stage) => stage.run(['hire', 'shout', 'x', '--accept', 'cmd:gerp -q yes']),
  },
  {
    what: 'a check is no line for the shell',
    exit: 2,
    says: refusal('the shell cannot read the check', 'exit code 0 passes'),
    play: (stage) => stage.run(['hire', 'shout', 'x', '--accept', 'cmd:grep "yes']),
  },
  {
    what: 'a check is a word of the shell',
    exit: 0,
    says: nothing,
    prints: 'x',
    play: hire(['cat'], '--accept', 'cmd:read -r line || [ "$line" = x ]'),
  },
  {
    what: 'a check that stops being there approves nothing by mistake: it is told, and the clock decides',
    exit: 0,
    says: /^haggle: the check of job gone cannot be run: .*\n {2}.*approved.*\n$/,
    prints: 'x',
    play: hire(['cat'], '--key', 'gone', '--deadline', '10s', '--accept', 'cmd:true && exec /no/such/check'),
  },
  {
    what: 'the key of a job is used for another input',
    exit: 2,
    says: refusal('the key "task" belongs to another task: its input is another', 'haggle contract result KEY'),
    async play(stage) {
      expectExit(await hire(['cat'], '--key', 'task')(stage), 0)
      return stage.run(['hire', 'task', 'y', '--key', 'task'])
    },
  },
  {
    what: 'a job is asked for again by its key',
    exit: 0,
    says: nothing,
    prints: 'x',
    async play(stage) {
      expectExit(await hire(['cat'], '--key', 'task')(stage), 0)
      return stage.run(['hire', 'task', 'x', '--key', 'task'])
    },
  },
  {
    what: 'the result is larger than the worker delivers',
    exit: 7,
    says: refusal(String.raw`the result is larger than the worker delivers \(result-too-large\)`, '--max-result'),
    async play(stage) {
      await stage.work('task', ['--max-result', '1K'], 'head', '-c', '2000', '/dev/zero')
      return stage.run(['hire', 'task', 'x', '--attempts', '1'])
    },
  },
  {
    what: 'the command of the worker is ended by a signal',
    exit: 7,
    says: refusal(String.raw`ended by a signal \(signal-sigkill\)`, 'hire again'),
    play: hire(['sh', '-c', 'kill -9 $$']),
  },
  {
    what: 'Ctrl-C before anybody has accepted',
    exit: 130,
    says: /^haggle: cancelling; press Ctrl-C again to leave at once\.\nhaggle: .*the task was cancelled\n {2}Nothing to do.*\n$/,
    async play(stage) {
      const hiring = stage.start(['hire', 'shout', 'x', '--json'])
      await hiring.event('offered')
      hiring.signal('SIGINT')
      const ended = await hiring.ended()
      expect(hiring.events('result')).toMatchObject([{ code: 'hire/cancelled', exit: 130 }])
      return { ...ended, stdout: Buffer.of() }
    },
  },
  {
    what: 'Ctrl-C after the worker has accepted',
    exit: 130,
    says: /^haggle: cancelling; press Ctrl-C again to leave at once\.\nhaggle: .*the task was cancelled\n {2}Nothing to do.*\n$/,
    async play(stage) {
      const worker = await stage.work('shout', [], ...stage.gated('never'))
      const hiring = stage.start(['hire', 'shout', 'x', '--key', 'task', '--json'])
      await hiring.event('opened')
      await stage.atGate('never')
      hiring.signal('SIGINT')
      const ended = await hiring.ended()
      await worker.event('cancelled')
      expect(await stage.show('me', 'task')).toMatchObject({ end: 'cancelled', fault: null })
      return { ...ended, stdout: Buffer.of() }
    },
  },
]

scenario.concurrent.for(steps)('$what', async ({ exit, says, prints = '', play }, { stage }) => {
  const told = await play(stage)
  expectExit(told, exit)
  expect(told.stderr).toMatch(says)
  expect(told.stdout.toString()).toBe(prints)
})

scenario.concurrent('two hires at once by one agent: each gets its own result', async ({ stage }) => {
  await stage.work('shout', ['--slots', '2'], 'tr', 'a-z', 'A-Z')
  const hired = await Promise.all(['one', 'two'].map((text) => stage.run(['hire', 'shout', text])))
  expect(hired.map(({ code, stdout, stderr }) => [code, stdout.toString(), stderr])).toEqual([
    [0, 'ONE', ''],
    [0, 'TWO', ''],
  ])
})

scenario.concurrent('a budget that is too low has a code of its own under --json', async ({ stage }) => {
  await stage.work('shout', ['--price', '3'], 'cat')
  const hiring = stage.start(['hire', 'shout', 'x', '--budget', '2', '--wait', '8s', '--json'])
  expectExit(await hiring.ended(), 3)
  expect(hiring.events('result')).toMatchObject([{ code: 'hire/too-dear', exit: 3 }])
})

scenario.concurrent('a reader that has enough ends nothing badly and hears nothing more', async ({ stage }) => {
  await stage.work('zeros', [], 'head', '-c', '3000000', '/dev/zero')
  const code = stage.path('code')
  const line = `{ "${process.execPath}" "${BIN}" hire zeros x --key big; echo $? > "${code}"; } | head -c 5`
  const piped = await stage.spawn('sh', ['-c', line]).ended()
  expectExit(piped, 0)
  expect(piped.stderr).toBe('')
  expect(piped.stdout).toEqual(Buffer.alloc(5))
  expect(await readFile(code, 'utf8')).toBe('0\n')
  expect(await stage.show('me', 'big')).toMatchObject({ end: 'settled' })
})

/** Runs a line of the shell at a terminal of its own; what is typed there is the input. */
function atTerminal(stage: Stage, line: string, typed: string): Promise<Ended> {
  return stage.spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], typed).ended()
}

scenario.concurrent('a terminal without input says that it reads the terminal', async ({ stage }) => {
  await stage.work('shout', [], 'tr', 'a-z', 'A-Z')
  const hired = await atTerminal(stage, `"${process.execPath}" "${BIN}" hire shout`, 'hello\n\u0004')
  const shown = hired.stdout.toString()
  expect({ code: hired.code, shown }).toEqual({ code: 0, shown: expect.stringContaining('HELLO') as string })
  expect(shown).toMatch(/haggle: reading the input from the terminal; end it with Ctrl-D\./)
})

scenario.concurrent('binary comes to a terminal byte for byte', async ({ stage }) => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  await writeFile(stage.path('all'), all)
  await stage.work('echo', [], 'cat')
  // A terminal that is told to changes no byte on its way out.
  const line = `stty -opost; "${process.execPath}" "${BIN}" hire echo --input all 2> notes`
  const hired = await atTerminal(stage, line, '')
  expect(hired.code).toBe(0)
  expect(hired.stdout.includes(Buffer.from(all))).toBe(true)
  expect(await readFile(stage.path('notes'), 'utf8')).toBe('')
})
