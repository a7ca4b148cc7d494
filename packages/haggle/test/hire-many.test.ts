import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exitCode } from '../src/cli/exit-code.ts'
import { failuresByWeight, heaviest } from '../src/cli/commands/carry-hire-many.ts'
import { Bench } from './commands.ts'

const LIMIT = 60_000
let bench: Bench
let net: readonly string[]
let folder = 0

beforeAll(async () => {
  bench = await Bench.open()
  const workers = await Promise.all([
    bench.worker('shout', ['tr', 'a-z', 'A-Z'], ['--slots', '4']),
    bench.worker('slow', ['sh', '-c', 'cat; sleep 60'], ['--slots', '8']),
    bench.worker('picky', ['sh', '-c', 'read text; test "$text" != "text 2" && echo "$text"'], ['--slots', '4']),
  ])
  net = bench.net(...workers.map(({ address }) => address))
}, LIMIT)
afterAll(async () => bench.close(), LIMIT)

/** A folder of inputs, and the flags that name them. */
async function inputs(count: number): Promise<{ readonly dir: string; readonly flags: readonly string[] }> {
  folder += 1
  const dir = join(bench.home, `in-${folder}`)
  await mkdir(dir)
  const names = Array.from({ length: count }, (_, index) => join(dir, `f${index + 1}.txt`))
  await Promise.all(names.map((name, index) => writeFile(name, `text ${index + 1}\n`)))
  return { dir, flags: names.flatMap((name) => ['--input', name]) }
}
const hire = (...args: readonly string[]) => bench.run(['hire', ...args, ...net])
const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')

describe('hire with several inputs', () => {
  test(
    'does one task for each, more at a time than the one worker has slots, and writes each result whole',
    async () => {
      const { dir, flags } = await inputs(24)
      const out = join(dir, 'out')
      const { code, stdout, stderr } = await hire('shout', ...flags, '--out-dir', out, '--jobs', '8')
      expect(stderr).toContain('[24/24]')
      expect(code).toBe(0)
      expect(stdout).toHaveLength(0)
      expect((await readdir(out)).toSorted()).toHaveLength(24)
      for (const n of [1, 12, 24]) expect(await readFile(join(out, `f${n}.txt`), 'utf8')).toBe(`TEXT ${n}\n`)
      const told = lines(stderr)
      expect(told).toHaveLength(25)
      expect(told.at(-1)).toBe('haggle: 24 of 24 settled.')
    },
    LIMIT,
  )

  test(
    'prints one object for each with --json, and takes the exit code of the heaviest failure',
    async () => {
      const { flags } = await inputs(3)
      const done = await hire('picky', ...flags, '--json', '--jobs', '3', '--attempts', '1')
      const objects = lines(done.stdout.toString()).map((line) => JSON.parse(line) as Record<string, unknown>)
      expect(objects.toSorted((a, b) => String(a['input']).localeCompare(String(b['input'])))).toMatchObject([
        { event: 'result', exit: 0, result: { text: 'text 1\n' } },
        { event: 'result', exit: 7, code: 'hire/task-failed' },
        { event: 'result', exit: 0, result: { text: 'text 3\n' } },
      ])
      expect(done.stderr).toContain('f2.txt: not settled: hire/task-failed')
      expect(done.stderr).toContain('haggle: 2 of 3 settled.')
      expect(done.code).toBe(exitCode.taskFailed)
    },
    LIMIT,
  )

  test(
    'finds the same jobs again under KEY/1, KEY/2, and takes stdin as one of them',
    async () => {
      const { dir, flags } = await inputs(1)
      const args = ['hire', 'shout', ...flags, '--input', '-', '--out-dir', join(dir, 'out'), '--key', 'set', ...net]
      expect((await bench.run(args, 'from a pipe')).code).toBe(0)
      expect(await readFile(join(dir, 'out', 'stdin'), 'utf8')).toBe('FROM A PIPE')
      expect((await bench.run(args, 'from a pipe')).code).toBe(0)
      expect(await readFile(join(dir, 'out', 'stdin'), 'utf8')).toBe('FROM A PIPE')
      // The key of a job belongs to its input.
      const other = await bench.run(args, 'another text')
      expect(other.code).toBe(exitCode.usage)
      expect(other.stderr).toContain('job/key-taken')
      const shown = await bench.run(['contract', 'result', 'set/1'])
      expect(shown.stdout.toString()).toBe('TEXT 1\n')
    },
    LIMIT,
  )

  test(
    'stops every task at Ctrl-C and begins no more',
    async () => {
      const { dir, flags } = await inputs(6)
      const args = ['hire', 'slow', ...flags, '--out-dir', join(dir, 'out'), '--jobs', '2', '--key', 'stop', ...net]
      const running = bench.start(args)
      const all = async (): Promise<string> => (await bench.run(['contracts', '--json'])).stdout.toString()
      // Two contracts of this command are under work before it is interrupted.
      for (let shown = ''; shown.split('"key":"stop/').length < 3;) shown = await all()
      running.kill('SIGINT')
      const { code, stderr } = await running.ended
      expect(code).toBe(130)
      expect(stderr).toContain('haggle: 0 of 6 settled, 4 not begun.')
      expect(await readdir(join(dir, 'out'))).toEqual([])
    },
    LIMIT,
  )
})

describe('what several inputs cannot be', () => {
  test.each([
    ['one --out for all', ['--out', '-'], '--out-dir DIR'],
    ['one --save for all', ['--save', 'x.json'], 'contract export'],
    ['no place for the results', [], '--out-dir DIR, or --json'],
    ['a result over its input', ['--out-dir', 'IN'], 'overwrite an input'],
    ['two results of one name', ['--out-dir', 'OUT', '--input', 'IN/F1.TXT'], 'one result name'],
    ['an input that is not there', ['--out-dir', 'OUT', '--input', 'IN/none.txt'], 'no such file'],
    ['a text besides', ['TEXT', '--out-dir', 'OUT'], 'twice'],
  ])('%s', async (_, more, said) => {
    const { dir, flags } = await inputs(2)
    await writeFile(join(dir, 'g.txt'), '')
    const named = more.map((word) => word.replace('IN', dir).replace('OUT', join(dir, 'out')))
    const { code, stderr } = await bench.run(['hire', 'shout', ...flags, ...named])
    expect(stderr).toContain(said)
    expect(code).toBe(said === 'no such file' ? 1 : 2)
    await expect(readdir(join(dir, 'out'))).rejects.toThrow('ENOENT')
  })

  test('an --out-dir without named inputs', async () => {
    const { code, stderr } = await bench.run(['hire', 'shout', 'hi', '--out-dir', 'x'])
    expect(stderr).toContain('inputs that have names')
    expect(code).toBe(2)
  })
})

test('the exit code of several jobs is that of the heaviest failure, whatever the order', () => {
  expect(heaviest([0, 0])).toBe(0)
  expect(heaviest([7, 5, 4, 3, 0])).toBe(3)
  expect(heaviest([3, 6])).toBe(6)
  expect(heaviest([0, 6, 1])).toBe(1)
  expect(heaviest([42])).toBe(42)
  expect(new Set(failuresByWeight).size).toBe(failuresByWeight.length)
})
