import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentKeyOfSeed } from '@haggle/node/pure'
import { agentText, HaggleError, type AgentKey } from '@haggle/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { genesisFromObject, genesisFromText, genesisText, readGenesis } from '../src/genesis/genesis.ts'
import { createAgent, type CreateAgentInit } from '../src/index.ts'
import { Bench } from './commands.ts'

const LIMIT = 40_000
const peers = Array.from({ length: 130 }, (_, index) => agentText(agentKeyOfSeed(new Uint8Array(32).fill(index + 1))))
const [ada = '', bob = '', eve = ''] = peers
/** y = 1, the neutral element: anybody can sign in its name. */
const weak = agentText(`01${'00'.repeat(31)}` as AgentKey)

const good = { haggle: 1, network: 'lab', anchors: [ada, bob], note: 'our two servers' }

/** The file with something else in one field; undefined leaves it out. */
function file(change: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...good, ...change }, null, 2)
}

function problemOf(text: string): string {
  try {
    genesisFromText(text, 'lab.json')
  } catch (error) {
    if (error instanceof HaggleError && error.code === 'config/genesis' && error.next !== '') return error.message
    throw error
  }
  return 'none'
}

describe('a genesis file', () => {
  test('is read and written, and the order of its anchors changes nothing', () => {
    const root = genesisFromText(file({}), 'lab.json')
    expect(root).toMatchObject({ network: 'lab', note: 'our two servers' })
    expect(root.anchors.map(agentText).toSorted()).toEqual([ada, bob].toSorted())
    expect(genesisFromText(genesisText(root), 'it')).toEqual(root)
    expect(genesisFromObject({ ...good, anchors: [bob, ada] }, 'it')).toEqual(root)
    expect(genesisFromObject({ ...good, note: 'other words' }, 'it').mark).toBe(root.mark)
    for (const other of [{ network: 'other' }, { anchors: [ada] }, { anchors: [ada, eve] }]) {
      expect(genesisFromText(file(other), 'it').mark).not.toBe(root.mark)
    }
    expect(genesisFromText(file({ anchors: peers.slice(0, 128) }), 'it').anchors).toHaveLength(128)
  })

  test.each([
    ['no text at all', '', 'line 1: it ends too soon'],
    ['cut off', file({}).slice(0, -2), 'line 8: it ends too soon'],
    ['something after its end', `${file({})}\n}`, 'line 10: something stands after the end'],
    ['no JSON', file({}).replace('"lab"', 'lab'), 'line 3: this is not JSON'],
    ['a comma too many', file({}).replace(`${bob}"`, `${bob}",`), 'line 7: "]" stands where a value is expected'],
    ['a comma too few', file({}).replace('"lab",', '"lab"'), 'line 4: a value stands where "," or "}" is expected'],
    ['an open text', file({}).replace('"lab"', '"lab'), 'line 3: a text does not end on its line'],
    ['a bad escape', file({}).replace('lab', '\\x6cab'), 'line 3: a text does not end on its line'],
    ['a list', '[]', 'line 1: a genesis is a JSON object'],
    ['lists in lists', '['.repeat(100_000), 'line 1: values stand in each other more than 8 deep'],
    ['no version', file({ haggle: undefined }), 'line 1: the field "haggle" is missing'],
    ['another version', file({ haggle: 2 }), 'line 2: haggle: 1 is the only version'],
    ['its version as a text', file({ haggle: '1' }), 'line 2: haggle: 1 is the only version'],
    ['no network', file({ network: undefined }), 'line 1: the field "network" is missing'],
    ['a bad name', file({ network: 'Lab' }), 'line 3: network: a name is 1 to 63 of a-z'],
    [
      'a field of its own',
      file({ quorum: 2 }),
      'line 9: there is no field "quorum": haggle, network, anchors, note are all',
    ],
    ['a field twice', file({}).replace('"note"', '"network"'), 'line 8: the field "network" stands twice'],
    ['no anchors', file({ anchors: undefined }), 'line 1: the field "anchors" is missing'],
    ['a text for anchors', file({ anchors: ada }), 'line 4: anchors: a list of PeerIds belongs here'],
    ['an empty list', file({ anchors: [] }), 'line 4: anchors: a genesis names at least one'],
    ['too many', file({ anchors: peers.slice(0, 129) }), 'line 4: anchors: 129 are more than 128'],
    ['a number as an anchor', file({ anchors: [ada, 7] }), 'line 6: anchors: number 2 is no text'],
    ['a key cut short', file({ anchors: [ada, bob.slice(0, -1)] }), 'line 6: anchors: number 2, "12D3KooW'],
    [
      'a key of another kind',
      file({ anchors: ['QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'] }),
      'is no PeerId of an Ed25519',
    ],
    ['a key that anybody signs for', file({ anchors: [weak] }), `"${weak}", is a key whose signatures do not count`],
    ['one anchor twice', file({ anchors: [ada, bob, ada] }), 'line 7: anchors: number 3, "12D3KooW'],
    ['a long note', file({ note: 'x'.repeat(1_025) }), 'line 8: note: a text of at most 1024 characters'],
    ['a note that is none', file({ note: ['x'] }), 'line 8: note: a text of at most 1024 characters'],
  ])('T-59: with %s is refused by its line and field', (_, text, problem) => {
    expect(problemOf(text)).toContain(problem)
    expect(problemOf(text)).toContain('lab.json, line ')
  })

  test('sends no sign of its own to the terminal', () => {
    const said = problemOf(file({ anchors: ['\u001b[2J\u009b2J'] }))
    expect(said).not.toMatch(/\p{Cc}/u)
    expect(problemOf(file({ ['\u001b[2J']: 1 }))).not.toMatch(/\p{Cc}/u)
  })
})

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'haggle-genesis-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

describe('a file that is no genesis', () => {
  test.each([
    ['is not there', null, 'cannot be read'],
    ['is longer than 64 KiB', Buffer.alloc(65_537, ' '), 'larger than a genesis can be, 65536 bytes'],
    ['is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'is not UTF-8 text'],
  ])('because it %s is refused with the next step', async (_, bytes, problem) => {
    const path = join(home, 'lab.json')
    if (bytes !== null) await writeFile(path, bytes)
    const error: unknown = await readGenesis(path).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'config/genesis', next: expect.stringContaining('network init') as string })
    expect(String(error)).toContain(problem)
  })
})

describe('createAgent', () => {
  const start = (init: Partial<CreateAgentInit>) =>
    createAgent({ name: 'ada', home, mdns: false, listen: ['/ip4/127.0.0.1/tcp/0'], ...init })

  test(
    'takes a genesis or its file, keeps it over restarts, and joins the network that it names',
    async () => {
      const first = await start({ genesis: { haggle: 1, network: 'lab', anchors: [ada, bob] } })
      expect(first.network).toBe('lab')
      expect(first.status().anchors).toBe(2)
      await first.close()
      const again = await start({})
      expect([again.network, again.status().anchors]).toEqual(['lab', 2])
      await again.close()
      const path = join(home, 'lab.json')
      await writeFile(path, file({ anchors: [eve] }))
      const changed = await start({ genesis: path })
      expect(changed.status().anchors).toBe(1)
      await changed.close()
      const settings = JSON.parse(await readFile(join(home, 'ada', 'config.json'), 'utf8')) as { genesis: unknown }
      expect(settings.genesis).toEqual({ haggle: 1, network: 'lab', anchors: [eve] })
    },
    LIMIT,
  )

  test(
    'refuses a genesis of another network, a bad key, and settings that were spoilt',
    async () => {
      const genesis = { haggle: 1, network: 'lab', anchors: [ada] } as const
      await expect(start({ genesis, network: 'home' })).rejects.toMatchObject({ code: 'config/genesis' })
      await expect(start({ genesis: { ...genesis, anchors: ['x'] } })).rejects.toMatchObject({
        code: 'config/genesis',
        message: 'the genesis of createAgent: anchors: number 1, "x", is no PeerId of an Ed25519 key',
      })
      await (await start({ network: 'home' })).close()
      await expect(start({ genesis })).rejects.toMatchObject({ code: 'config/network' })
      const path = join(home, 'ada', 'config.json')
      await writeFile(path, JSON.stringify({ network: 'home', genesis: { ...genesis, anchors: [weak] } }))
      await expect(start({})).rejects.toMatchObject({
        code: 'dir/config-corrupt',
        next: expect.stringContaining('Remove "genesis"') as string,
      })
    },
    LIMIT,
  )
})

describe('the command line', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await Bench.open()
  })
  afterEach(() => bench.close())

  /** Writes lab.json with the bench's own network. */
  async function init(name: string, ...anchors: readonly string[]): Promise<string> {
    const flags = anchors.flatMap((anchor) => ['--anchor', anchor])
    const made = await bench.run(['network', 'init', '--network', bench.network, ...flags, '--out', name])
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining(`--genesis ${name}`)])
    return name
  }

  test(
    'network init writes a genesis once, and network show reads it',
    async () => {
      const lab = await init('lab.json', ada, bob)
      const held = await readFile(join(bench.home, lab), 'utf8')
      expect(JSON.parse(held)).toMatchObject({ haggle: 1, network: bench.network })
      const refused = await bench.run(['network', 'init', '--anchor', eve, '--out', lab])
      expect([refused.code, refused.stderr]).toEqual([78, expect.stringContaining('is there already')])
      expect(await readFile(join(bench.home, lab), 'utf8')).toBe(held)
      const shown = await bench.run(['network', 'show', lab, '--json'])
      const mark = genesisFromText(held, lab).mark
      expect(JSON.parse(shown.stdout.toString())).toMatchObject({ file: lab, network: bench.network, note: null, mark })
      const forced = await bench.run(['network', 'init', '--anchor', eve, '--out', lab, '--force', '--json'])
      expect(JSON.parse(forced.stdout.toString())).toMatchObject({ file: lab, network: 'haggle', anchors: [eve] })
      const said = (await bench.run(['network', 'show', lab])).stdout.toString()
      expect(said).toMatch(new RegExp(`^network: +haggle\nanchor: +${eve}\nmark: +[0-9a-f]{16}\n$`))
    },
    LIMIT,
  )

  test.each([
    ['no anchor', [], 'names at least one anchor'],
    ['no PeerId', ['--anchor', 'x'], '"x", is no PeerId'],
    ['an anchor twice', ['--anchor', ada, '--anchor', ada], 'stands twice'],
    ['a long note', ['--anchor', ada, '--note', 'x'.repeat(1_025)], 'at most 1024 characters'],
  ])('network init with %s is a mistake of who typed it', async (_, flags, problem) => {
    const { code, stderr } = await bench.run(['network', 'init', ...flags])
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)])
  })

  test.each([
    ['up', ['up'], []],
    ['hire', ['hire', 'echo', 'hi'], []],
    ['work', ['work', 'echo'], ['--', 'cat']],
    ['status', ['status'], []],
    ['network show', ['network', 'show', 'bad.json'], []],
  ])('%s refuses a malformed genesis as a configuration to be mended', async (name, command, served) => {
    await writeFile(join(bench.home, 'bad.json'), file({ anchors: [ada, `${bob}x`] }))
    const flags = name === 'network show' ? [] : ['--genesis', 'bad.json']
    const { code, stderr } = await bench.run([...command, ...flags, ...served])
    expect([code, stderr]).toEqual([78, expect.stringContaining('bad.json, line 6: anchors: number 2')])
    expect(stderr).toMatch(/\(config\/genesis\)\n {2}\S/)
  })

  test(
    'T-60: a running agent says whom it trusts, and carries out no command that names another genesis',
    async () => {
      const lab = await init('lab.json', ada, bob)
      const other = await init('other.json', eve)
      const net = bench.net().slice(2)
      const up = bench.start(['up', '--json', '--genesis', lab, ...net])
      await up.line('"ready"')
      const status = async (...flags: readonly string[]): Promise<unknown> =>
        JSON.parse((await bench.run(['status', '--as', 'me', '--json', ...flags])).stdout.toString())
      expect(await status()).toMatchObject({ running: true, network: bench.network, anchors: 2 })
      expect(await status('--genesis', lab)).toMatchObject({ trustsGenesis: true })
      expect(await status('--genesis', other)).toMatchObject({ trustsGenesis: false })
      expect((await bench.run(['peers', '--genesis', lab])).code).toBe(0)
      const refused = await bench.run(['peers', '--genesis', other])
      expect([refused.code, refused.stderr]).toEqual([78, expect.stringContaining('config/genesis-other')])
      up.kill('SIGTERM')
      await up.ended
      expect(await status('--genesis', lab)).toMatchObject({ running: false, anchors: 2, trustsGenesis: true })
      expect((await bench.run(['peers', '--genesis', lab, '--network', 'elsewhere'])).stderr).toContain(
        `the genesis is that of network ${bench.network}, not of elsewhere`,
      )
    },
    LIMIT,
  )

  test(
    'the doctor says whom an agent trusts, and what to do when a genesis names others',
    async () => {
      const lab = await init('lab.json', ada, bob)
      const other = await init('other.json', eve)
      const genesis = async (...flags: readonly string[]): Promise<unknown> => {
        const { stdout } = await bench.run(['doctor', '--json', '--no-mdns', ...flags])
        const checks = stdout
          .toString()
          .split('\n')
          .filter((line) => line !== '')
        return checks.map((line): unknown => JSON.parse(line)).find((check) => isGenesis(check))
      }
      expect(await genesis()).toMatchObject({ state: 'ok', saw: 'trusts no anchors, so its numbers are its own' })
      expect(await genesis('--genesis', 'nowhere')).toMatchObject({ state: 'mend' })
      const up = bench.start(['up', '--json', '--genesis', lab, ...bench.net()])
      await up.line('"ready"')
      expect(await genesis('--genesis', lab)).toMatchObject({ state: 'ok' })
      expect(await genesis('--genesis', other)).toMatchObject({
        state: 'mend',
        mend: expect.stringContaining('kill') as string,
      })
      up.kill('SIGTERM')
      await up.ended
      expect(await genesis('--genesis', other)).toMatchObject({ state: 'warning' })
      expect(await genesis()).toMatchObject({ state: 'ok', saw: `trusts 2 anchor(s) of network ${bench.network}` })
    },
    LIMIT,
  )
})

function isGenesis(check: unknown): boolean {
  return typeof check === 'object' && check !== null && 'check' in check && check.check === 'genesis'
}
