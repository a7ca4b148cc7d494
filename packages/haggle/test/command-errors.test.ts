import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench } from './commands.ts'

const BIN = fileURLToPath(new URL('../bin/haggle.js', import.meta.url))

let bench: Bench
beforeEach(async () => {
  bench = await Bench.open()
})
afterEach(() => bench.close())

/** What an error says: what happened on the first line, the next step on the second, and never a stack. */
function expectSaid(stderr: string, what: RegExp): void {
  expect(stderr).toMatch(what)
  expect(stderr).not.toMatch(/^ {4}at /m)
}

describe('values that no agent could take are usage errors before anything is started', () => {
  test.each([
    ['an empty key', ['hire', 'echo', 'hi', '--key', '']],
    ['a key that is too long', ['hire', 'echo', 'hi', '--key', 'k'.repeat(257)]],
    ['an empty id', ['contract', 'show', '']],
    ['a --cwd that is no folder', ['work', 'echo', '--cwd', 'nowhere', '--', 'cat']],
    ['a --peer that is no address', ['peers', '--peer', 'nonsense', '--no-mdns']],
  ])('%s', async (_, args) => {
    const { code, stdout, stderr } = await bench.run(args)
    expect(code).toBe(2)
    expect(stdout).toHaveLength(0)
    expectSaid(stderr, /^haggle: /)
  })
})

describe('stdout', () => {
  test('that its reader closed ends help quietly', async () => {
    const child = spawn('/bin/sh', ['-c', '"$0" "$1" --help | true', process.execPath, BIN])
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await once(child, 'close')
    expect(said).toBe('')
  })

  test.runIf(process.platform === 'linux').each([['--help'], ['verify FILE'], ['status --json']])(
    'that cannot be written makes %s a failure with a reason',
    async (line) => {
      const file = fileURLToPath(new URL('../../../test/vectors/README.md', import.meta.url))
      // Status has something to say once there is an agent.
      await bench.run(['hire', 'echo', 'hi', '--wait', '300ms', ...bench.net()])
      const args = line === 'verify FILE' ? ['verify', '--json', file] : line.split(' ')
      const full = await open('/dev/full', 'w')
      const child = spawn(process.execPath, [BIN, ...args], {
        env: { ...process.env, HAGGLE_HOME: bench.home },
        stdio: ['ignore', full.fd, 'pipe'],
      })
      let said = ''
      child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
      const [code] = await once(child, 'close')
      await full.close()
      expect(code).not.toBe(0)
      expectSaid(said, /^haggle: stdout cannot be written: the disk is full\n {2}\S/m)
    },
  )
})

test('a result whose --out cannot be written is settled all the same, and fetched as the message says', async () => {
  const worker = await bench.worker('echo', ['cat'])
  const nowhere = join(bench.home, 'nowhere', 'file')
  const args = ['hire', 'echo', 'hello', '--key', 'a b', '--out', nowhere, '--save', nowhere]
  const hired = await bench.run([...args, ...bench.net(worker.address)])
  expect(hired.code).toBe(1)
  expectSaid(hired.stderr, /contract result 'a b' --as me --out FILE/)
  expectSaid(hired.stderr, /contract export 'a b' --as me --out FILE/)
  const fetched = await bench.run(['contract', 'result', 'a b'])
  expect(fetched.stdout.toString()).toBe('hello')
  // The worker has its approval too.
  const kept = await bench.run(['contracts', '--json', '--as', 'echo'])
  expect(kept.stdout.toString()).toContain('"end":"settled"')
})

test('a --save that cannot be written does not hide how the task ended', async () => {
  const nowhere = join(bench.home, 'nowhere', 'file')
  const { code, stderr } = await bench.run(['hire', 'echo', 'hi', '--wait', '300ms', '--save', nowhere, ...bench.net()])
  expect(code).toBe(6)
  expectSaid(stderr, /no other agent was met/)
  expectSaid(stderr, /file\/unwritable/)
})

describe('status', () => {
  test('shows the other agents when one is damaged, and its exit code tells of it', async () => {
    for (const name of ['bad', 'good'])
      await bench.run(['hire', 'echo', 'hi', '--as', name, '--wait', '300ms', ...bench.net()])
    await writeFile(join(bench.home, 'bad', 'key'), 'junk')
    const { code, stdout, stderr } = await bench.run(['status', '--json'])
    expect(code).toBe(78)
    expect(JSON.parse(stdout.toString())).toMatchObject({ name: 'good' })
    expectSaid(stderr, /dir\/key-corrupt/)
  })

  test('of an agent that is not there says so as every command does', async () => {
    const ended = await bench.run(['status', '--as', 'nobody'])
    const other = await bench.run(['contracts', '--as', 'nobody'])
    expect([ended.code, other.code]).toEqual([1, 1])
    expectSaid(ended.stderr, /agent\/unknown/)
  })
})
