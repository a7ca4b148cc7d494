import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Bench, type Ended } from './commands.ts'

const LIMIT = 60_000

let bench: Bench
beforeEach(async () => {
  bench = await Bench.open()
})
afterEach(() => bench.close())

type Line = Readonly<Record<string, unknown>>

/** What a command under test printed; the tests look at its fields. */
function linesOf({ stdout, stderr, code }: Ended): readonly Line[] {
  expect([code, stderr]).toEqual([0, stderr])
  const lines = stdout.toString().split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
}

const run = async (...args: readonly string[]): Promise<readonly Line[]> =>
  linesOf(await bench.run([...args, '--json']))

/** Two agents with one settled contract between them; both have left. */
async function settled(): Promise<{ readonly worker: string; readonly requester: string }> {
  const worker = await bench.worker('shout', ['tr', 'a-z', 'A-Z'])
  const hired = await bench.run(['hire', 'shout', 'hello', ...bench.net(worker.address)])
  expect(hired.stdout.toString()).toBe('HELLO')
  worker.kill('SIGTERM')
  await worker.ended
  const [[me], [shout]] = [await run('status', '--as', 'me'), await run('status', '--as', 'shout')]
  return { worker: String(shout?.['peerId']), requester: String(me?.['peerId']) }
}

test(
  'evidence is listed, handed on as a file, and taken in by an agent that saw nothing: one digest, and the same account',
  async () => {
    const { worker, requester } = await settled()
    const [contract, sum] = await run('evidence', 'list')
    expect(contract).toMatchObject({ requester, worker, skill: 'shout', end: 'settled', faults: [], tombstones: [] })
    expect(contract?.['credits']).toEqual([{ from: requester, to: worker, amount: 1 }])
    expect(sum).toMatchObject({ contracts: 1 })

    const [written] = await run('evidence', 'export', '--out', 'e.jsonl')
    expect(written).toMatchObject({ records: sum?.['records'], digest: sum?.['digest'] })
    const file = await readFile(join(bench.home, 'e.jsonl'), 'utf8')
    expect((await bench.run(['evidence', 'export'])).stdout.toString()).toBe(file)

    const net = bench.net().slice(0, 2)
    const carl = bench.start(['up', '--json', '--as', 'carl', '--no-mdns', ...net, '--listen', '/ip4/127.0.0.1/tcp/0'])
    await carl.line('"ready"')
    expect(await run('evidence', 'import', 'e.jsonl', '--as', 'carl')).toEqual([{ taken: sum?.['records'], not: {} }])
    const again = await bench.run(['evidence', 'import', '-', '--as', 'carl', '--json'], file)
    expect(linesOf(again)).toEqual([{ taken: 0, not: { 'held already': sum?.['records'] } }])
    expect(await run('evidence', 'list', '--as', 'carl')).toEqual([contract, sum])
    carl.kill('SIGTERM')
    await carl.ended
    expect(await run('evidence', 'list', '--as', 'carl')).toEqual([contract, sum])

    // In the eyes of whoever trusts the requester it is the same, wherever it is asked.
    const flags = ['--network', bench.network, '--anchor', requester, '--out', 'lab.json']
    expect((await bench.run(['network', 'init', ...flags])).code).toBe(0)
    const [why] = await run('why', worker.slice(-8), '--as', 'carl', '--genesis', 'lab.json')
    expect(why).toMatchObject({ agent: worker, capacity: { total: 1 }, quality: { permille: 533 }, debt: { total: 0 } })
    const [own] = await run('why', worker)
    for (const number of ['capacity', 'quality']) expect(why?.[number]).toEqual(own?.[number])
    const [stranger] = await run('why', worker, '--as', 'carl')
    expect(stranger).toMatchObject({ agent: worker, capacity: { total: 0 }, quality: { permille: 300 } })
  },
  LIMIT,
)

test(
  'why and evidence say what they cannot do, and the next step',
  async () => {
    const { worker } = await settled()
    const refused = async (code: number, says: RegExp, ...args: readonly string[]): Promise<void> => {
      const told = await bench.run(args)
      expect([told.code, told.stderr]).toEqual([code, expect.stringMatching(says)])
      expect(told.stderr).toMatch(/\n {2}\S/)
    }
    await refused(2, /peer\/unknown/, 'why', 'nobody')
    await refused(78, /is that of network other/, 'why', worker, '--genesis', await genesis('other', worker))
    await refused(1, /agent\/unknown/, 'why', worker, '--as', 'ghost')

    const text = (await bench.run(['evidence', 'export'])).stdout.toString()
    await writeFile(join(bench.home, 'bad.jsonl'), text)
    await appendFile(join(bench.home, 'bad.jsonl'), '{"type":"vote"}\n')
    const carl = ['--as', 'carl', ...bench.net()]
    const file = ['evidence', 'import', 'bad.jsonl', ...carl]
    await refused(1, /bad\.jsonl, line \d+: it is not \{ type[^]+evidence\/invalid/, ...file)
    await refused(2, /evidence\/unreadable/, 'evidence', 'import', 'lab.json', ...carl)
    await refused(1, /nowhere\.jsonl cannot be read/, 'evidence', 'import', 'nowhere.jsonl', ...carl)
  },
  LIMIT,
)

async function genesis(network: string, anchor: string): Promise<string> {
  const made = await bench.run(['network', 'init', '--network', network, '--anchor', anchor, '--out', 'lab.json'])
  expect(made.code).toBe(0)
  return 'lab.json'
}
