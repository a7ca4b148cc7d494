import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench, type Running } from './commands.ts'

const LIMIT = 30_000
let bench: Bench
/** Flags with which a requester finds the workers. */
let net: readonly string[]
let echo: Running & { readonly address: string }

beforeAll(async () => {
  bench = await Bench.open()
  const workers = await Promise.all([
    bench.worker('echo', ['cat'], ['--slots', '4']),
    bench.worker('fail', ['sh', '-c', 'echo no such thing >&2; exit 3']),
    bench.worker('slow', ['sh', '-c', 'cat; sleep 60']),
  ])
  echo = workers[0]
  net = bench.net(...workers.map((worker) => worker.address))
}, LIMIT)

afterAll(async () => bench.close(), LIMIT)

const json = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>
const lines = (stdout: Buffer): string[] =>
  stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '')
const hire = (flags: readonly string[], input?: string | Uint8Array) => bench.run(['hire', ...flags, ...net], input)

describe('hire', () => {
  test(
    'has a task done by a worker of another process and saves a file that verifies',
    async () => {
      const file = join(bench.home, 'c.json')
      const hired = await hire(['echo', '--deadline', '10s', '--save', file], 'hello\n')
      expect(hired).toMatchObject({ code: 0, stderr: '' })
      expect(hired.stdout.toString()).toBe('hello\n')

      const verified = await bench.run(['verify', file])
      expect(verified.code).toBe(0)
      for (const word of ['requester:', 'worker:', 'terms:', 'settled'])
        expect(verified.stdout.toString()).toContain(word)
      const piped = await bench.run(['verify', '-', '--json'], await readFile(file))
      expect(json(piped.stdout.toString())).toMatchObject({
        valid: true,
        contracts: [{ end: 'settled', skill: 'echo' }],
      })

      const text = await readFile(file, 'utf8')
      const outcome = text.lastIndexOf('"settled"')
      await writeFile(file, `${text.slice(0, outcome)}"settleD"${text.slice(outcome + 9)}`)
      const changed = await bench.run(['verify', file])
      expect(changed.code).toBe(1)
      expect(changed.stderr).toMatch(/record \d: the outcome/)
      await writeFile(file, text.slice(0, -20))
      expect((await bench.run(['verify', file])).code).toBe(2)
      expect((await bench.run(['verify', join(bench.home, 'nowhere.json')])).code).toBe(2)
    },
    LIMIT,
  )

  test(
    'passes all byte values, nothing at all, and what does not fit a frame',
    async () => {
      const all = Uint8Array.from({ length: 256 }, (_, index) => index)
      const large = new Uint8Array(3_000_000).map((_, index) => (index * 7919) % 253)
      const out = join(bench.home, 'large.out')
      const results = await Promise.all([
        hire(['echo', '--as', 'bytes'], all),
        hire(['echo', '--as', 'nothing'], ''),
        hire(['echo', '--as', 'large', '--json', '--out', out], large),
      ])
      expect(results.map(({ code, stderr }) => [code, stderr])).toEqual([
        [0, ''],
        [0, ''],
        [0, ''],
      ])
      expect(results[0].stdout).toEqual(Buffer.from(all))
      expect(results[1].stdout).toHaveLength(0)
      const sha256 = createHash('sha256').update(large).digest('hex')
      const last = json(lines(results[2].stdout).at(-1) ?? '')
      expect(last).toMatchObject({ event: 'result', exit: 0, result: { size: large.length, sha256, path: out } })
      expect(
        createHash('sha256')
          .update(await readFile(out))
          .digest('hex'),
      ).toBe(sha256)
    },
    LIMIT,
  )

  test(
    'tells each event on a line of its own and why it chose the worker',
    async () => {
      const hired = await hire(['echo', 'hello', '--json', '--as', 'teller'])
      const told = lines(hired.stdout).map(json)
      const names = told.map((line) => line['event'])
      expect(names).toEqual(
        expect.arrayContaining(['offered', 'bid', 'awarded', 'accepted', 'delivered', 'approved', 'settled']),
      )
      expect(told.find((line) => line['event'] === 'awarded')).toMatchObject({
        why: [{ price: 1, score: expect.any(Number) as number }],
      })
      expect(told.at(-1)).toMatchObject({ event: 'result', exit: 0, result: { size: 5, text: 'hello' } })
    },
    LIMIT,
  )

  test.each([
    ['7 when the task itself fails', ['fail', 'x', '--as', 'h7'], 7, 'exit-3'],
    [
      '5 when the result is not the expected one',
      ['echo', 'x', '--as', 'h5', '--accept', `hash:${'0'.repeat(64)}`],
      5,
      'rejected',
    ],
    [
      '5 when a check command refuses the result',
      ['echo', 'x', '--as', 'h5c', '--accept', 'cmd:grep -q y'],
      5,
      'rejected',
    ],
    ['0 when a check command passes the result', ['echo', 'x', '--as', 'h0', '--accept', 'cmd:grep -q x'], 0, ''],
    ['3 when nobody bids', ['nothing', 'x', '--as', 'h3', '--wait', '1s'], 3, 'met 3 peers'],
    [
      '3 when the budget is too low',
      ['echo', 'x', '--as', 'h3b', '--wait', '3s', '--budget', '0.5'],
      3,
      'cheapest asks 1 credit,',
    ],
  ])(
    'leaves with %s',
    async (_, flags, code, says) => {
      const file = join(bench.home, `${flags[3] ?? ''}.json`)
      const hired = await hire([...flags, '--attempts', '1', '--save', file])
      expect(hired.code).toBe(code)
      expect(hired.stderr).toContain(says)
      expect(hired.stderr).not.toContain('    at ')
      // The task file is written however the task ended.
      expect((await bench.run(['verify', file])).code).toBe(0)
    },
    LIMIT,
  )

  test(
    'leaves with 6 when it meets no peer',
    async () => {
      const lonely = ['hire', 'echo', 'x', '--as', 'lonely', '--wait', '500ms', ...bench.net()]
      const hired = await bench.run(lonely)
      expect(hired.code).toBe(6)
      expect(hired.stderr).toContain('haggle work echo')
    },
    LIMIT,
  )

  test(
    'cancels on Ctrl-C and leaves with 130',
    async () => {
      const hiring = bench.start(['hire', 'slow', 'x', '--as', 'canceller', '--json', ...net])
      await hiring.line('"opened"')
      hiring.kill('SIGINT')
      const { code, stdout } = await hiring.ended
      expect(code).toBe(130)
      expect(json(lines(stdout).at(-1) ?? '')).toMatchObject({ event: 'result', code: 'hire/cancelled', exit: 130 })
    },
    LIMIT,
  )
})

describe('one agent in several processes', () => {
  const contractsOf = async (name: string): Promise<string[]> => {
    const { stdout } = await bench.run(['contracts', '--json', '--as', name])
    return lines(stdout)
      .map((line) => String(json(line)['contract']))
      .toSorted()
  }
  const three = (name: string) =>
    Promise.all(['a', 'b', 'c'].map((key) => hire(['echo', key, '--as', name, '--key', key], undefined)))

  test(
    'three hires at once share one holder',
    async () => {
      const hired = await three('shared')
      expect(hired.map(({ code, stdout }) => [code, stdout.toString()])).toEqual([
        [0, 'a'],
        [0, 'b'],
        [0, 'c'],
      ])
      expect(await contractsOf('shared')).toHaveLength(3)
    },
    LIMIT,
  )

  test(
    'the running agent carries commands out; its store answers when it is gone',
    async () => {
      const up = bench.start(['up', '--as', 'ada', '--json', ...net])
      await up.line('"ready"')
      const hired = await three('ada')
      expect(hired.map(({ code }) => code)).toEqual([0, 0, 0])
      const during = await contractsOf('ada')
      expect(during).toHaveLength(3)
      const second = await bench.run(['up', '--as', 'ada', ...bench.net()])
      expect(second.code).toBe(75)
      expect(second.stderr).toContain('--as')
      const status = await bench.run(['status', '--as', 'ada', '--json'])
      expect(json(status.stdout.toString())).toMatchObject({
        name: 'ada',
        running: true,
        pid: up.pid,
        network: bench.network,
      })

      up.kill('SIGKILL')
      await up.ended
      expect(await contractsOf('ada')).toEqual(during)
      const result = await bench.run(['contract', 'result', 'b', '--as', 'ada'])
      expect(result.stdout.toString()).toBe('b')
      const shown = await bench.run(['contract', 'show', during[0]?.slice(-10) ?? '', '--as', 'ada', '--json'])
      expect(json(shown.stdout.toString())).toMatchObject({ contract: during[0], end: 'settled', role: 'requester' })
      const exported = await bench.run(['contract', 'export', 'c', '--as', 'ada'])
      expect((await bench.run(['verify', '-'], exported.stdout)).code).toBe(0)
      const unknown = await bench.run(['contract', 'show', 'zzz', '--as', 'ada'])
      expect(unknown.code).toBe(1)
      expect(unknown.stderr).toContain('haggle contracts --as ada')
    },
    LIMIT,
  )

  test(
    'an agent that is stopped dead gets a busy answer and not a hang',
    async () => {
      const up = bench.start(['up', '--as', 'frozen', '--json', ...bench.net()])
      await up.line('"ready"')
      up.kill('SIGSTOP')
      const asked = await bench.run(['contracts', '--as', 'frozen'])
      expect(asked.code).toBe(75)
      up.kill('SIGKILL')
    },
    LIMIT,
  )

  test(
    'peers and skills are asked of it',
    async () => {
      const { address } = echo
      const up = bench.start(['up', '--as', 'viewer', '--json', ...bench.net(address)])
      await up.line('"up":true')
      const peers = await bench.run(['peers', '--as', 'viewer', '--json'])
      expect(lines(peers.stdout).map((line) => json(line)['peer'])).toContain(address.split('/').at(-1))
      up.kill('SIGTERM')
      expect((await up.ended).code).toBe(0)
    },
    LIMIT,
  )
})

describe('work', () => {
  test(
    'withdraws from nothing and leaves with 0 on SIGTERM when it is idle',
    async () => {
      const worker = await bench.worker('idle', ['cat'])
      worker.kill('SIGTERM')
      const { code, stderr } = await worker.ended
      expect(code).toBe(0)
      expect(stderr).toContain('--allow')
    },
    LIMIT,
  )

  test.each([
    ['a forgotten --', ['work', 'shout', 'tr', 'a-z', 'A-Z'], 'haggle work shout -- tr a-z A-Z'],
    ['no command', ['work', 'shout'], 'needs a command'],
    [
      'a command that is not there',
      ['work', 'shout', '--', 'no-such-command-here'],
      'no command "no-such-command-here"',
    ],
    ['an unknown option', ['work', 'shout', '--solts', '2', '--', 'cat'], '--solts'],
    ['a span without unit', ['hire', 'shout', 'x', '--deadline', '10'], '10s'],
    ['an unknown command', ['shout'], "unknown command 'shout'"],
    ['a schema outside the language', ['hire', 'echo', 'x', '--accept', 'schema:bad.json'], 'pattern'],
  ])(
    '%s is usage: exit 2 with the way out',
    async (_, args, says) => {
      await writeFile(join(bench.home, 'bad.json'), '{"pattern":"a"}')
      const { code, stderr, stdout } = await bench.run(args)
      expect(code).toBe(2)
      expect(stderr).toContain(says)
      expect(stdout).toHaveLength(0)
    },
    LIMIT,
  )
})
