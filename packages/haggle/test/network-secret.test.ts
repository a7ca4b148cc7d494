import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAgent, HaggleError } from '../src/index.ts'
import { newSecretText, secretFromText } from '../src/network-secret.ts'
import { Bench } from './commands.ts'

const LIMIT = 40_000

let bench: Bench
beforeEach(async () => {
  bench = await Bench.open()
})
afterEach(() => bench.close())

/** A file with a new secret, readable by its user alone unless said otherwise. */
async function secretFile(name: string, mode = 0o600): Promise<string> {
  const path = join(bench.home, name)
  await writeFile(path, newSecretText())
  await chmod(path, mode)
  return path
}

test('NET-34: a secret is the text of a swarm key, and its mark tells it from others', () => {
  const text = newSecretText()
  const { bytes, mark } = secretFromText(text, 'it')
  expect(text).toBe(`/key/swarm/psk/1.0.0/\n/base16/\n${Buffer.from(bytes).toString('hex')}\n`)
  expect(mark).toMatch(/^[0-9a-f]{16}$/)
  expect(secretFromText(text.replaceAll('\n', '\r\n'), 'it').mark).toBe(mark)
  expect(secretFromText(newSecretText(), 'it').mark).not.toBe(mark)
  for (const wrong of [
    '',
    text.replace('base16', 'base64'),
    text.slice(0, -3),
    `${text}x`,
    text.replace('1.0.0', '2'),
  ]) {
    expect(() => secretFromText(wrong, 'it')).toThrow(HaggleError)
  }
})

describe('haggle network secret', () => {
  test('writes a new file for its user alone, and leaves one that is there', async () => {
    const made = await bench.run(['network', 'secret', 'lab.secret', '--json'])
    expect(made.code).toBe(0)
    const path = join(bench.home, 'lab.secret')
    const text = await readFile(path, 'utf8')
    expect(JSON.parse(made.stdout.toString())).toEqual({ file: 'lab.secret', mark: secretFromText(text, path).mark })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const again = await bench.run(['network', 'secret', 'lab.secret'])
    expect(again.code).toBe(78)
    expect(again.stderr).toContain('config/secret')
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  test('prints it without a file', async () => {
    const { code, stdout } = await bench.run(['network', 'secret'])
    expect(code).toBe(0)
    expect(() => secretFromText(stdout.toString(), 'stdout')).not.toThrow()
  })
})

describe(
  'NET-35: a secret that cannot be used is a configuration error with its next step',
  () => {
    test.each([
      ['is not there', 'nowhere', 'haggle network secret FILE'],
      ['is a folder', '.', 'haggle network secret FILE'],
      ['is none', 'text', '64 hexadecimal digits'],
      ['others can read', 'exposed', 'chmod 600'],
    ])('one that %s', async (_, file, next) => {
      await secretFile('exposed', 0o640)
      await writeFile(join(bench.home, 'text'), 'hunter2', { mode: 0o600 })
      await chmod(bench.home, 0o700)
      const { code, stderr } = await bench.run(['peers', '--secret', file, ...bench.net()])
      expect([code, stderr]).toEqual([78, expect.stringContaining('config/secret')])
      expect(stderr).toContain(next)
    })

    test.each([
      ['up', ['up'], []],
      ['hire', ['hire', 'echo', 'hi'], []],
      ['work', ['work', 'echo'], ['--', 'cat']],
    ])('for %s as well', async (_, command, served) => {
      const { code, stderr } = await bench.run([...command, '--secret', 'nowhere', ...bench.net(), ...served])
      expect([code, stderr]).toEqual([78, expect.stringContaining('config/secret')])
    })
  },
  LIMIT,
)

test(
  'NET-35: a running agent carries out commands that name its secret or none, and refuses another',
  async () => {
    const [own, other] = [await secretFile('own'), await secretFile('other')]
    const up = bench.start(['up', '--json', '--secret', own, ...bench.net()])
    await up.line('"ready"')
    const ask = async (...flags: readonly string[]) => (await bench.run(['peers', ...flags])).code
    expect(await ask()).toBe(0)
    expect(await ask('--secret', own)).toBe(0)
    expect(await ask('--secret', other)).toBe(78)
    const refused = await bench.run(['hire', 'echo', 'hi', '--secret', other])
    expect(refused.stderr).toContain('config/secret-other')
  },
  LIMIT,
)

test(
  'NET-34: agents with one secret work for each other, and one with another meets nobody',
  async () => {
    const [own, other] = [await secretFile('own'), await secretFile('other')]
    const worker = await bench.worker('shout', ['tr', 'a-z', 'A-Z'], ['--secret', own])
    const net = bench.net(worker.address)
    const hired = await bench.run(['hire', 'shout', 'hello', '--secret', own, ...net])
    expect([hired.code, hired.stdout.toString()]).toEqual([0, 'HELLO'])
    for (const flags of [['--secret', other], []]) {
      const alone = await bench.run(['hire', 'shout', 'hello', '--wait', '2s', '--as', 'eve', ...flags, ...net])
      expect([alone.code, alone.stderr]).toEqual([6, alone.stderr])
    }
  },
  LIMIT,
)

test(
  'NET-36: a worker takes tasks only of those it allows, and says whom at its start',
  async () => {
    const ada = bench.start(['up', '--json', '--as', 'ada', ...bench.net()])
    const { peerId } = JSON.parse(await ada.line('"ready"')) as { readonly peerId: string }
    ada.kill('SIGTERM')
    await ada.ended
    const worker = await bench.worker('shout', ['tr', 'a-z', 'A-Z'], ['--allow', peerId])
    const net = bench.net(worker.address)
    const hire = (name: string) => bench.run(['hire', 'shout', 'hi', '--as', name, '--wait', '3s', ...net])
    expect((await hire('eve')).code).toBe(3)
    expect((await hire('ada')).code).toBe(0)
    worker.kill('SIGTERM')
    expect((await worker.ended).stderr).toContain('only 1 agent(s) can send input to this command')
    const wrong = await bench.run(['work', 'shout', '--allow', peerId.slice(-8), '--', 'cat'])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('is no PeerId')])
  },
  LIMIT,
)

test(
  'createAgent takes the text of a secret, and refuses any other text',
  async () => {
    const init = { name: 'ada', home: bench.home, mdns: false, listen: ['/ip4/127.0.0.1/tcp/0'] }
    await expect(createAgent({ ...init, secret: 'hunter2' })).rejects.toMatchObject({ code: 'config/secret' })
    const text = newSecretText()
    const ada = await createAgent({ ...init, secret: text })
    const bob = await createAgent({ ...init, name: 'bob', secret: text })
    const eve = await createAgent({ ...init, name: 'eve' })
    try {
      await bob.dial(ada.addresses()[0] ?? '')
      await expect(eve.dial(ada.addresses()[0] ?? '')).rejects.toMatchObject({ code: 'net/dial-failed' })
    } finally {
      for (const each of [ada, bob, eve]) await each.close()
    }
  },
  LIMIT,
)
