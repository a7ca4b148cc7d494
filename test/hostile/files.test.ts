import { chmod, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { expectExit } from '../process/support/expect-exit.ts'
import type { Ended } from '../process/support/running.ts'
import { scenario } from '../process/support/scenario.ts'
import type { Stage } from '../process/support/stage.ts'

function expectRefusal({ code, stdout, stderr }: Ended, exit: number, says: RegExp): void {
  expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringMatching(says) as string })
  expect(stderr).toMatch(/^haggle: .+\n {2}\S/m)
  expect(stderr).not.toMatch(/^ +at /m)
  expect(stdout).toHaveLength(0)
}

/** An agent that has signed contracts, and runs no more. */
async function used(stage: Stage, hires = 3): Promise<void> {
  const worker = await stage.work('echo', [], 'cat')
  for (let n = 0; n < hires; n += 1) {
    expectExit(await stage.run(['hire', 'echo', `x${n}`, '--key', `k${n}`, '--deadline', '40s']), 0)
  }
  worker.signal('SIGTERM')
  await worker.ended()
}

const work = ['work', 'echo', '--', 'cat']

scenario('T-57: a damaged or exposed key is told from others, and nothing is signed with it', async ({ stage }) => {
  await used(stage, 1)
  const key = stage.path('echo/key')
  const text = await readFile(key, 'utf8')
  const flipped = text.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))
  for (const damaged of [flipped, text.slice(0, 20), '', `${text}\n`, '\0'.repeat(64), text.replace('\n', '=\n')]) {
    await writeFile(key, damaged)
    expectRefusal(await stage.run(work), 78, /key.*dir\/key-corrupt[^]+backup/)
  }
  await writeFile(key, text)
  await chmod(key, 0o644)
  expectRefusal(await stage.run(work), 78, /dir\/key-exposed[^]+chmod 600/)
  await rm(key)
  expectRefusal(await stage.run(work), 78, /dir\/key-missing/)
})

scenario(
  'a store that is damaged in its first half refuses to sign; one whose tail is torn goes on',
  async ({ stage }) => {
    await used(stage)
    const folder = stage.path('echo/store')
    const names = await readdir(folder)
    const log =
      names
        .filter((name) => /^\d+\.log$/.test(name))
        .toSorted()
        .at(-1) ?? ''
    const file = join(folder, log)
    const whole = await readFile(file)

    const damaged = Buffer.from(whole)
    for (let at = Math.floor(whole.length / 4); at < Math.floor(whole.length / 2); at += 1) damaged[at] = 0xa5
    await writeFile(file, damaged)
    expectRefusal(await stage.run(work), 78, /journal\/corrupt[^]+backup/)
    // Asking again does not make it whole.
    expectRefusal(await stage.run(work), 78, /journal\/corrupt/)
  },
)

scenario('a store whose last bytes were never written goes on without them', async ({ stage }) => {
  await used(stage)
  const folder = stage.path('me/store')
  const log =
    (await readdir(folder))
      .filter((name) => /^\d+\.log$/.test(name))
      .toSorted()
      .at(-1) ?? ''
  const { length } = await readFile(join(folder, log))
  // The last row is an event, which nobody waits for the disk for.
  await truncate(join(folder, log), length - 3)
  const listed = await stage.run(['contracts', '--json'])
  expectExit(listed, 0)
  const worker = await stage.work('echo', [], 'cat')
  expectExit(await stage.run(['hire', 'echo', 'again', '--deadline', '40s']), 0)
  expect(worker.events('alleged')).toEqual([])
})

scenario('hostile JSON beside the store: named, or of no consequence', async ({ stage }) => {
  await used(stage, 1)
  const deep = '['.repeat(100_000)
  const hostile = [
    '',
    '{',
    '[]',
    'null',
    deep,
    `{"port":${deep}`,
    '{"port":-1}',
    '{"port":1e999}',
    '{"port":"7"}',
    '{"port":70000}',
    '\u0000',
    '"\ud800"',
  ]
  for (const text of hostile) {
    await writeFile(stage.path('echo/config.json'), text)
    expectRefusal(await stage.run(work), 78, /config\.json.*dir\/config-corrupt/)
  }
  // A key that reaches for a prototype is a key like any other, and two of one name are the last.
  const harmless = ['{"__proto__":{"port":1}}', '{"constructor":{"prototype":{"port":1}}}', '{"port":"x","port":null}']
  for (const text of harmless) {
    await writeFile(stage.path('echo/config.json'), text)
    const worker = await stage.work('echo', [], 'cat')
    await worker.kill()
  }
  for (const text of [...hostile, '{"pid":1,"started":"0","socket":"/dev/null"}', '{"pid":-1,"__proto__":{"pid":1}}']) {
    await writeFile(stage.path('echo/holder.json'), text)
    expectExit(await stage.run(['status', '--as', 'echo']), 0)
  }
  for (const text of ['', 'x', '2', '1\n1', '99999999999']) {
    await writeFile(stage.path('echo/FORMAT'), text)
    expectRefusal(await stage.run(work), 78, /dir\/(format-corrupt|newer-format)/)
  }
})

scenario('hostile task files are unreadable or invalid, however deep, double or large', async ({ stage }) => {
  const worker = await stage.work('echo', [], 'cat')
  const saved = stage.path('task.json')
  expectExit(await stage.run(['hire', 'echo', 'x', '--save', saved, '--deadline', '40s']), 0)
  await worker.kill()
  const file = await readFile(saved, 'utf8')
  expectExit(await stage.run(['verify', '-'], file), 0)
  const bytes = /"bytes":\s*"([^"]+)"/.exec(file)?.[1] ?? ''
  const bad: readonly (readonly [string, string])[] = [
    ['nested', '{"haggle":1,"records":'.padEnd(100_000, '[')],
    ['nested objects', '{"a":'.repeat(100_000)],
    ['one key twice', file.replace('"haggle":', '"haggle": 2, "haggle":')],
    ['a prototype', file.replace('"haggle":', '"__proto__": {"haggle": 1}, "haggle_":')],
    ['a constructor', file.replace('"records":', '"constructor": {"prototype": []}, "records_":')],
    ['another letter', file.replace(bytes, `${bytes.slice(0, -1)}${bytes.endsWith('A') ? 'B' : 'A'}`)],
    ['a newline in base64url', file.replace(bytes, `${bytes.slice(0, 40)}\\n${bytes.slice(40)}`)],
    ['padding', file.replace(bytes, `${bytes}=`)],
    ['a lone surrogate', file.replace('"type":', '"type": "\\ud800", "type_":')],
    ['a number beyond all', file.replace('"haggle": 1', '"haggle": 1e999')],
    ['a record too many', file.replace('"records": [', '"records": [null,')],
    ['a huge text', file.replace(bytes, 'A'.repeat(4_000_000))],
  ]
  for (const [name, text] of bad) {
    expect({ name, changed: text !== file }).toEqual({ name, changed: true })
    const { code, stderr } = await stage.run(['verify', '-'], text)
    expect({ name, code: code === 1 || code === 2, stderr }).toEqual({
      name,
      code: true,
      stderr: expect.stringMatching(/^haggle: (unreadable|invalid): /) as string,
    })
  }
})

scenario('a port that is taken, a deadline that cannot be, a budget below nothing', async ({ stage }) => {
  const worker = await stage.work('echo', [], 'cat')
  const { addresses } = await worker.event('ready')
  const taken =
    (addresses as readonly string[]).find((each) => each.startsWith('/ip4/127'))?.replace(/\/p2p\/.*/, '') ?? ''
  expectRefusal(
    await stage.run(['work', 'second', '--listen', taken, '--', 'cat']),
    78,
    /net\/listen-failed[^]+--listen/,
  )
  for (const [flags, says] of [
    [['--deadline', '0s'], /deadline/],
    [['--deadline', '-5s'], /deadline/],
    [['--deadline', '1e9d'], /deadline/],
    [['--deadline', '999999999999d'], /deadline|time/],
    [['--budget', '-1'], /budget/],
    [['--budget', 'NaN'], /budget/],
    [['--budget', '1e400'], /budget/],
    [['--budget', '99999999999999'], /budget/],
    [['--stake=-1'], /stake/],
    [['--attempts', '0'], /attempts/],
    [['--wait=-1s'], /wait/],
  ] as const) {
    const hired = await stage.run(['hire', 'echo', 'x', ...flags])
    expect({ flags, ...hired, stdout: hired.stdout.toString() }).toEqual({
      flags,
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(says) as string,
    })
  }
  expect(worker.events('awarded')).toEqual([])
})
