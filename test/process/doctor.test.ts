import { spawnSync } from 'node:child_process'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BIN } from './support/command.ts'
import { until } from './support/limit.ts'
import { hindrance } from './support/namespace.ts'
import { linesOf, type Ended } from './support/running.ts'
import { Stage } from './support/stage.ts'

const HOUR = 3_600_000
const AHEAD = fileURLToPath(new URL('support/clock-ahead.mjs', import.meta.url))
/** Mounting needs a mount namespace of our own, which needs root. */
const canMount = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

interface Check {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'mend'
  readonly saw: string
  readonly mend: string | null
}

let stage: Stage
beforeEach(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.close())

/** Runs the real command behind something that breaks its surroundings first. */
function broken(before: string, ...args: readonly string[]): Promise<Ended> {
  const script = `${before}\nexec "$0" "$@"`
  return stage
    .spawn('unshare', [...(canMount ? ['--mount'] : []), 'sh', '-c', script, process.execPath, BIN, ...args])
    .ended()
}

function checksOf({ stdout }: Ended): readonly Check[] {
  return linesOf(stdout).map((line) => JSON.parse(line) as Check)
}

/** What the doctor says of one thing, once as data and once for people; both with the exit code that follows. */
async function diagnosis(check: string, before: string, ...flags: readonly string[]): Promise<Check> {
  const told = await broken(before, 'doctor', '--json', ...flags)
  const found = checksOf(told).find((each) => each.check === check)
  if (found === undefined) throw new Error(`no check ${check} in ${told.stdout.toString()}${told.stderr}`)
  expect(told.code).toBe(checksOf(told).some(({ state }) => state === 'mend') ? 78 : 0)
  const shown = await broken(before, 'doctor', ...flags)
  expect(shown.code).toBe(told.code)
  expect(shown.stdout.toString()).toContain(found.saw.slice(0, 24))
  return found
}

/** An agent's directory as its first start leaves it. */
async function begun(name = 'me'): Promise<string> {
  const { code } = await stage.run(['hire', 'nothing', 'x', '--wait', '100ms', '--no-mdns', '--as', name])
  expect(code).toBe(6)
  return stage.path(name)
}

function expectRefusal({ code, stderr }: Ended, what: RegExp): void {
  expect(stderr).toMatch(what)
  expect(stderr).not.toMatch(/^ {4}at /m)
  expect(stderr).not.toContain('defect of haggle')
  expect(code).toBe(78)
}

/** The commands that run an agent, each with arguments that it would run with. */
const runners = [
  ['work', 'echo', '--as', 'me', '--', 'cat'],
  ['hire', 'echo', 'x', '--wait', '100ms', '--no-mdns'],
  ['up', '--no-mdns'],
] as const

describe.skipIf(hindrance !== undefined)(
  `haggle doctor${hindrance === undefined ? '' : ` (skipped: ${hindrance})`}`,
  () => {
    test('finds nothing to mend where nothing exists yet, makes nothing, and nothing while the agent runs', async () => {
      const before = checksOf(await stage.run(['doctor', '--json', '--as', 'me']))
      expect(before.filter(({ state }) => state === 'mend')).toEqual([])
      expect(before.map(({ check }) => check)).toEqual([
        ...['node', 'files', 'directory', 'space', 'key', 'lock', 'store', 'port', 'multicast'],
        ...['genesis', 'peers', 'clock'],
      ])
      await expect(readFile(stage.path('me/FORMAT'))).rejects.toMatchObject({ code: 'ENOENT' })
      await stage.up('--as', 'me')
      await stage.up('--as', 'other')
      await until('a peer', async () => {
        const { stdout } = await stage.run(['peers', '--json', '--as', 'me'])
        return stdout.length > 0 || undefined
      })
      const running = checksOf(await stage.run(['doctor', '--json', '--as', 'me']))
      expect(running.map(({ state }) => state).filter((state) => state === 'mend')).toEqual([])
      expect(running).toMatchObject(
        expect.arrayContaining([
          expect.objectContaining({ check: 'lock', state: 'ok' }) as object,
          expect.objectContaining({ check: 'peers', state: 'ok', saw: '1 met on network haggle' }) as object,
          expect.objectContaining({ check: 'clock', state: 'ok', saw: 'within 1000 ms of 1 peer(s)' }) as object,
        ]),
      )
    })

    test('NET-34 NET-35: a private network: whether its secret can be used, whether the agent holds it, and who is there', async () => {
      const [own, foreign] = [stage.path('own.secret'), stage.path('foreign.secret')]
      for (const file of [own, foreign]) expect((await stage.run(['network', 'secret', file])).code).toBe(0)
      const other = await stage.up('--as', 'other', '--secret', own)
      // Whoever holds the secret meets those who do, and nobody else.
      expect(await diagnosis('secret', '', '--as', 'me', '--secret', own)).toMatchObject({ state: 'ok' })
      expect(await diagnosis('peers', '', '--as', 'me', '--secret', own)).toMatchObject({
        saw: expect.stringMatching(/^1 met/) as string,
      })
      expect(await diagnosis('peers', '', '--as', 'me', '--secret', foreign)).toMatchObject({ state: 'warning' })
      // Of an agent that runs: the same secret, another, and a file that is none.
      expect(await diagnosis('secret', '', '--as', 'other', '--secret', own)).toMatchObject({ state: 'ok' })
      expect(await diagnosis('secret', '', '--as', 'other', '--secret', foreign)).toMatchObject({
        state: 'mend',
        saw: expect.stringContaining(`process ${other.pid}`) as string,
      })
      await chmod(own, 0o644)
      expect(await diagnosis('secret', '', '--as', 'me', '--secret', own)).toMatchObject({
        state: 'mend',
        mend: expect.stringContaining(`chmod 600 ${own}`) as string,
      })
    })

    test('an old Node is told by the command itself, and every command refuses with it', async () => {
      const fake = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })`
      const old = (...args: readonly string[]): Promise<Ended> =>
        stage.spawn(process.execPath, ['--import', fake, BIN, ...args]).ended()
      const told = await old('doctor', '--json')
      expect(checksOf(told)).toMatchObject([
        { check: 'node', state: 'mend', saw: expect.stringContaining('18.20.4') as string },
      ])
      expect(told.code).toBe(78)
      for (const args of runners) expectRefusal(await old(...args), /Node 18\.20\.4 is too old: haggle needs 20\.19/)
    })

    test.skipIf(!canMount)('a directory that cannot be written', async () => {
      await begun()
      const readOnly = `mount --bind "${stage.home}" "${stage.home}" && mount -o remount,ro,bind "${stage.home}" || exit 99`
      expect(await diagnosis('directory', readOnly)).toMatchObject({
        state: 'mend',
        saw: expect.stringContaining('EROFS') as string,
        mend: expect.stringContaining('remount,rw') as string,
      })
      for (const args of runners) expectRefusal(await broken(readOnly, ...args), /haggle doctor/)
    })

    test('a key that others can read', async () => {
      const path = await begun()
      await chmod(`${path}/key`, 0o644)
      const found = await diagnosis('key', '')
      expect(found).toMatchObject({ state: 'mend', mend: expect.stringContaining(`chmod 600 '${path}/key'`) as string })
      for (const args of runners) expectRefusal(await stage.run(args), /dir\/key-exposed[^]*haggle doctor/)
    })

    test('a key that is damaged', async () => {
      const path = await begun()
      await writeFile(`${path}/key`, 'A'.repeat(43))
      expect(await diagnosis('key', '')).toMatchObject({
        state: 'mend',
        saw: expect.stringContaining('dir/key-corrupt') as string,
      })
      for (const args of runners) expectRefusal(await stage.run(args), /dir\/key-corrupt[^]*haggle doctor/)
    })

    test.skipIf(!canMount)('a disk that is full', async () => {
      const full = `mkdir -p "${stage.home}/small" && mount -t tmpfs -o size=256k none "${stage.home}/small" || exit 99
      export HAGGLE_HOME="${stage.home}/small"; mkdir -p "$HAGGLE_HOME/me"; head -c 1M /dev/zero > "$HAGGLE_HOME/fill" 2>/dev/null`
      expect(await diagnosis('space', full)).toMatchObject({
        state: 'mend',
        saw: expect.stringContaining('ENOSPC') as string,
      })
      for (const args of runners) expectRefusal(await broken(full, ...args), /haggle doctor/)
    })

    test('a lock whose holder is dead needs no mending, and the agent starts over it', async () => {
      const up = await stage.up('--as', 'me')
      await up.kill()
      const found = await diagnosis('lock', '')
      expect(found).toMatchObject({ state: 'warning', saw: expect.stringContaining('dead') as string })
      await stage.up('--as', 'me')
      expect(await diagnosis('lock', '')).toMatchObject({ state: 'ok' })
    })

    test('a lock whose holder lives and does not answer', async () => {
      const up = await stage.up('--as', 'me')
      up.signal('SIGSTOP')
      const told = checksOf(await stage.run(['doctor', '--json', '--as', 'me']))
      expect(told.find(({ check }) => check === 'lock')).toMatchObject({
        state: 'mend',
        mend: expect.stringMatching(/kill \d+/) as string,
      })
    })

    test('a port that another process has', async () => {
      const up = await stage.up('--as', 'me')
      await up.kill()
      const config = JSON.parse(await readFile(stage.path('me/config.json'), 'utf8')) as { readonly port: number }
      const thief = stage.spawn(process.execPath, [
        '-e',
        `require('net').createServer().listen(${config.port}, '0.0.0.0', () => console.log('{"event":"listening"}'))`,
      ])
      await thief.event('listening')
      expect(await diagnosis('port', '')).toMatchObject({
        state: 'mend',
        saw: `port ${config.port} cannot be listened on (EADDRINUSE)`,
      })
      for (const args of runners) expectRefusal(await stage.run(args), /listen\/taken[^]*haggle doctor/)
      const listen = ['--listen', `/ip4/0.0.0.0/tcp/${config.port}`]
      expectRefusal(await stage.run(['up', ...listen]), /net\/listen-failed[^]*haggle doctor/)
    })

    test('a machine without a multicast route', async () => {
      const noRoute = 'ip link set lo down || exit 99'
      const found = await diagnosis('multicast', noRoute)
      expect(found).toMatchObject({
        state: 'mend',
        mend: expect.stringContaining('ip route add 224.0.0.0/4') as string,
      })
      const { code, stderr } = await broken(noRoute, 'hire', 'echo', 'x', '--wait', '500ms')
      expect([code, stderr]).toEqual([6, expect.stringContaining('haggle doctor')])
    })

    test('a limit of 64 open files', async () => {
      const few = 'ulimit -n 64'
      expect(await diagnosis('files', few)).toMatchObject({
        state: 'mend',
        mend: expect.stringContaining('ulimit -n 4096') as string,
      })
      for (const args of runners) expectRefusal(await broken(few, ...args), /only 64 files may be open/)
    })

    test('a clock an hour off against three peers, of an agent that runs and of one that does not', async () => {
      const others = await Promise.all(['a', 'b', 'c'].map((name) => stage.up('--as', name)))
      const wrong = `export CLOCK_AHEAD_MS=${HOUR} NODE_OPTIONS="--import ${AHEAD}"`
      expect(await diagnosis('clock', wrong)).toMatchObject({
        state: 'mend',
        saw: expect.stringContaining("this machine's clock is 60 min ahead of that of 3 of 3 peers") as string,
        mend: expect.stringContaining('timedatectl set-ntp true') as string,
      })
      const late = stage.spawn('sh', [
        '-c',
        `${wrong}; exec "$0" "$@"`,
        process.execPath,
        BIN,
        'up',
        '--json',
        '--as',
        'late',
      ])
      await late.event('ready')
      // It tells within 5 s of its start, the search for its peers included.
      expect(await late.event('clock', { who: 'own' }, 5_000)).toMatchObject({ agrees: false, cause: 'peers' })
      for (const other of others) expect(await other.event('clock', { who: 'peer' })).toMatchObject({ agrees: false })
      const told = checksOf(await stage.run(['doctor', '--json', '--as', 'late']))
      expect(told.find(({ check }) => check === 'clock')).toMatchObject({ state: 'mend' })
      const status = await stage.run(['status', '--as', 'late'])
      expect(status.stdout.toString()).toMatch(/clock: +60 min ahead of those of most peers/)
      const peers = await stage.run(['peers', '--as', 'a'])
      expect(peers.stdout.toString()).toMatch(/clock 60 min ahead of ours/)
    })
  },
)
