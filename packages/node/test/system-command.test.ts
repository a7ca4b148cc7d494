import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Blobs } from '@haggle/ports'
import {
  blobFiles,
  commandCheck,
  findCommand,
  killLeftBehind,
  processStart,
  runCommand,
  type ChildRecord,
  type CommandInit,
  type CommandOutcome,
} from '../src/system/index.ts'

let folder = ''
let blobs: Blobs
let records: ChildRecord[] = []
let lines: string[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'haggle-command-'))
  blobs = await blobFiles(join(folder, 'blobs'))
  records = []
  lines = []
})
afterEach(() => rm(folder, { recursive: true }))

async function* stream(...chunks: readonly (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}
async function* endless(): AsyncIterable<Uint8Array> {
  for (;;) yield new Uint8Array(65_536)
}

function shell(script: string, init: Partial<CommandInit> = {}): Promise<CommandOutcome> {
  return runCommand({
    command: '/bin/sh',
    args: ['-c', script],
    env: {},
    input: stream(),
    blobs,
    onStderr: (line) => lines.push(line),
    onSpawn: (record) => void records.push(record),
    ...init,
  })
}

async function text(outcome: CommandOutcome): Promise<string> {
  if (outcome.kind !== 'delivered') return JSON.stringify(outcome)
  const chunks: Uint8Array[] = []
  for await (const chunk of blobs.read(outcome.result.hash)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Runs until the script prints a line to stderr, then hands the line on. */
function untilLine(
  script: string,
  init: Partial<CommandInit> = {},
): { line: Promise<string>; outcome: Promise<CommandOutcome> } {
  let heard: (line: string) => void = () => undefined
  const line = new Promise<string>((resolve) => {
    heard = resolve
  })
  return { line, outcome: shell(script, { ...init, onStderr: heard }) }
}

const stored = (): Promise<string[]> => readdir(join(folder, 'blobs'))
const alive = async (pid: number): Promise<boolean> => (await processStart(pid)) !== undefined

describe('a command', () => {
  test('gets the input and the environment, and its output is the result', async () => {
    const outcome = await shell('printf "%s:" "$HAGGLE_TASK"; tr a-z A-Z', {
      input: stream('hel', 'lo'),
      env: { HAGGLE_TASK: 'bafy' },
    })
    expect(outcome.kind).toBe('delivered')
    expect(await text(outcome)).toBe('bafy:HELLO')
  })

  test('passes large input through byte for byte', async () => {
    const chunks = Array.from({ length: 64 }, (_, n) => new Uint8Array(65_536).fill(n))
    const given = await blobs.put(stream(...chunks))
    const outcome = await runCommand({ command: 'cat', args: [], env: {}, input: stream(...chunks), blobs })
    expect(outcome).toEqual({ kind: 'delivered', result: given })
  })

  test('need not read its input', async () => {
    expect(await text(await shell('echo done', { input: endless() }))).toBe('done\n')
    expect(await text(await shell('exec 0<&-; echo closed', { input: endless() }))).toBe('closed\n')
  })

  test('runs in a fresh empty directory that is removed, unless it is given one', async () => {
    const outcome = await shell('ls -A; touch left; mkdir -p a/b; pwd')
    const directory = (await text(outcome)).trim()
    expect(records[0]?.directory).toBe(directory)
    await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' })
    const given = await realpath(folder)
    expect(await text(await shell('pwd', { cwd: given }))).toBe(`${given}\n`)
    expect(records[1]?.directory).toBeNull()
    expect((await stat(given)).isDirectory()).toBe(true)
  })

  test('fails with its exit code or its signal, and nothing of its output is kept', async () => {
    expect(await shell('echo part; exit 3')).toEqual({ kind: 'failed', code: 'work/exit', exit: 3, signal: null })
    expect(await shell('echo part; kill -9 $$')).toEqual({
      kind: 'failed',
      code: 'work/signal',
      exit: null,
      signal: 'SIGKILL',
    })
    expect(await stored()).toEqual([])
  })

  test('is known by its pid and start time before it gets its input', async () => {
    let known = false
    const outcome = await shell('cat', {
      input: (async function* () {
        yield Buffer.from(String(known))
      })(),
      onSpawn: async (record) => {
        expect(await processStart(record.pid)).toBe(record.started)
        known = true
      },
    })
    expect(await text(outcome)).toBe('true')
  })

  test('hands on its stderr in lines of a bounded length', async () => {
    await shell(`printf 'one\\r\\ntwo\\n\\n' >&2; head -c 100000 /dev/zero | tr '\\0' x >&2; printf '\\nlast' >&2`, {
      maxStderrLine: 5,
    })
    expect(lines).toEqual(['one', 'two', '', 'xxxxx…', 'last'])
  })
})

describe('a command is ended with its children', () => {
  // The child ignores the polite signal and holds the output open.
  const stubborn = `trap '' TERM; sh -c 'trap "" TERM; echo $$ >&2; while :; do sleep 1; done' & wait`

  test('when its signal aborts', async () => {
    const stop = new AbortController()
    const { line, outcome } = untilLine(stubborn, { signal: stop.signal, killGraceMs: 50 })
    const child = Number(await line)
    expect(await alive(child)).toBe(true)
    stop.abort()
    expect(await outcome).toEqual({ kind: 'stopped' })
    expect([await alive(child), await alive(records[0]?.pid ?? 0)]).toEqual([false, false])
    expect(await stored()).toEqual([])
  })

  test('when its time is over', async () => {
    const outcome = await shell(stubborn, { timeoutMs: 100, killGraceMs: 50 })
    expect(outcome).toMatchObject({ kind: 'failed', code: 'work/timed-out', signal: 'SIGKILL' })
  })

  test('politely first: it may put its things in order', async () => {
    const stop = new AbortController()
    const { line, outcome } = untilLine(
      `trap 'echo bye > "${folder}/bye"; exit' TERM; echo up >&2; while :; do sleep 0.01; done`,
      {
        signal: stop.signal,
      },
    )
    await line
    stop.abort()
    expect(await outcome).toEqual({ kind: 'stopped' })
    expect((await stat(join(folder, 'bye'))).isFile()).toBe(true)
  })

  test('when its output is too large, and nothing of it is kept', async () => {
    const outcome = await shell('cat /dev/zero', { maxOutputBytes: 1_000_000 })
    expect(outcome).toMatchObject({ kind: 'failed', code: 'work/result-too-large' })
    expect(await stored()).toEqual([])
    const exact = await shell('head -c 1000000 /dev/zero', { maxOutputBytes: 1_000_000 })
    expect(exact).toMatchObject({ kind: 'delivered', result: { size: 1_000_000 } })
  })

  test('when it is done and left a process behind that does not write', async () => {
    const { line, outcome } = untilLine('sleep 1000 >/dev/null 2>&1 & echo $! >&2; echo done')
    expect(await text(await outcome)).toBe('done\n')
    expect(await alive(Number(await line))).toBe(false)
  })

  test('but a result is none while another process could still write to it', async () => {
    const outcome = await shell('sleep 1000 & echo part')
    expect(outcome).toEqual({ kind: 'failed', code: 'work/output-held-open', exit: 0, signal: null })
    expect(await stored()).toEqual([])
  })

  test('when its input fails, its record cannot be kept, or its result cannot be stored', async () => {
    const failing = (async function* () {
      yield Buffer.from('a')
      throw new Error('the disk broke')
    })()
    await expect(shell('cat', { input: failing })).rejects.toMatchObject({ code: 'work/input-lost' })
    const unkept = (): never => {
      throw new Error('no record')
    }
    await expect(shell('cat', { input: endless(), onSpawn: unkept })).rejects.toThrow('no record')
    await rm(join(folder, 'blobs'), { recursive: true })
    await expect(shell('cat /dev/zero')).rejects.toMatchObject({ code: 'blob/io' })
    await mkdir(join(folder, 'blobs'))
    for (const { pid } of records) expect(await alive(pid)).toBe(false)
  })
})

test('a signal that is aborted before the start starts nothing', async () => {
  expect(await shell('echo', { signal: AbortSignal.abort() })).toEqual({ kind: 'stopped' })
  expect(records).toEqual([])
})

test.each([
  ['a missing command', { command: '/no/such/command' }],
  ['a missing directory', { cwd: '/no/such/directory' }],
])('%s cannot be started', async (_name, init) => {
  await expect(shell('echo', init)).rejects.toMatchObject({ code: 'work/cannot-start' })
})

describe('what a killed agent left behind', () => {
  test('is killed with its children, and its directory removed', async () => {
    const { line, outcome } = untilLine('sleep 1000 & echo $! >&2; wait', {
      onSpawn: (record) => void records.push(record),
    })
    const child = Number(await line)
    const [record] = records
    if (record === undefined) throw new Error('the command was recorded')
    expect(await killLeftBehind(record)).toBe(true)
    expect(await alive(record.pid)).toBe(false)
    expect(await outcome).toMatchObject({ kind: 'failed', code: 'work/signal', signal: 'SIGKILL' })
    expect(await alive(child)).toBe(false)
    await expect(stat(record.directory ?? '')).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await killLeftBehind(record)).toBe(false)
  })

  test('is left alone when another process has its pid now, and so is any directory that was not made for it', async () => {
    const { line, outcome } = untilLine('echo up >&2; cat', { input: stream('kept') })
    await line
    const [record] = records
    if (record === undefined) throw new Error('the command was recorded')
    const other = { ...record, started: `${record.started}0`, directory: folder }
    expect(await killLeftBehind(other)).toBe(false)
    expect(await text(await outcome)).toBe('kept')
    expect((await stat(folder)).isDirectory()).toBe(true)
  })
})

describe('a command check', () => {
  const check = (command: string, timeoutMs = 60_000, signal?: AbortSignal): ReturnType<typeof commandCheck> =>
    commandCheck({
      command,
      result: stream('the result'),
      env: {},
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    })

  test('passes on exit code 0 with the result on stdin', async () => {
    expect(await check('grep -q "the result"')).toEqual({ kind: 'pass' })
    expect(await check('grep -q "another"')).toEqual({ kind: 'fail', reason: 'the check ended with exit code 1' })
    expect(await check('head -c 5000000 /dev/zero')).toEqual({ kind: 'pass' })
    expect(await check('kill -9 $$')).toEqual({ kind: 'fail', reason: 'the check was ended by SIGKILL' })
  })

  test('knows nothing when it cannot be run', async () => {
    expect(await check('no-such-command-here')).toEqual({ kind: 'unknown' })
    expect(await check('/')).toEqual({ kind: 'unknown' })
  })

  test('fails when it takes too long, and knows nothing when it is given up', async () => {
    expect(await check('sleep 1000', 50)).toEqual({ kind: 'fail', reason: 'the check did not end within 50 ms' })
    expect(await check('exit 0', 50, AbortSignal.abort())).toEqual({ kind: 'unknown' })
  })
})

test('a command is found in PATH or by its path from the working directory, and only when it can be run', async () => {
  expect(spawnSync(findCommand('true', folder) ?? '').status).toBe(0)
  expect(findCommand('no-such-command-here', folder)).toBeUndefined()
  expect(findCommand('', folder)).toBeUndefined()
  await writeFile(join(folder, 'tool'), '#!/bin/sh\n')
  expect(findCommand('./tool', folder)).toBeUndefined()
  await chmod(join(folder, 'tool'), 0o755)
  expect(findCommand('./tool', folder)).toBe(join(folder, 'tool'))
  expect(findCommand('tool', folder)).toBeUndefined()
  expect(findCommand('./blobs', folder)).toBeUndefined()
})
