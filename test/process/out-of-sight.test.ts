import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import type { Running } from './support/running.ts'
import { scenario } from './support/scenario.ts'
import type { Stage } from './support/stage.ts'

const hasFilter = spawnSync('nft', ['--version']).status === 0

/** Agents behind these ports can call others and cannot be called, as behind a router at home. */
const HIDDEN = { requester: 4_101, cheapest: 4_102 }

async function hide(stage: Stage): Promise<void> {
  const ports = Object.values(HIDDEN).join(', ')
  const rules = [
    'add table inet hidden',
    'add chain inet hidden in { type filter hook input priority 0; }',
    `add rule inet hidden in tcp dport { ${ports} } reject with tcp reset`,
  ]
  expectExit(await stage.spawn('nft', ['-f', '-'], `${rules.join('\n')}\n`).ended(), 0)
}

/** The flags of an agent that listens on a port of this machine, and knows these others. */
const at = (port: number, ...peers: readonly string[]): readonly string[] => [
  '--no-mdns',
  ...['--listen', `/ip4/127.0.0.1/tcp/${port}`],
  ...peers.flatMap((peer) => ['--peer', peer]),
]

const addressOf = async (agent: Running): Promise<string> => {
  // The shape of the event is that of docs/events.md.
  const [first = ''] = (await agent.event('ready'))['addresses'] as readonly string[]
  return first
}

scenario(
  'of five agents the requester and the cheapest worker do not see each other: another one does the task, once',
  async ({ stage, skip }) => {
    skip(!hasFilter, 'two agents are kept apart by nft, which is not here')
    await hide(stage)
    const middle: Running[] = []
    const known: string[] = []
    for (const [place, name] of ['left', 'mid', 'right'].entries()) {
      const flags = ['--as', name, '--price', String(2 + place), ...at(4_110 + place, ...known)]
      const agent = await stage.work('shout', flags, 'tr', 'a-z', 'A-Z')
      middle.push(agent)
      known.push(await addressOf(agent))
    }
    const cheapest = await stage.work('shout', ['--price', '1', ...at(HIDDEN.cheapest, ...known)], 'tr', 'a-z', 'A-Z')
    await cheapest.many('peer', 3)
    const requester = await stage.up(...at(HIDDEN.requester, ...known))
    await requester.many('peer', 3)

    const flags = ['--key', 'task', '--bids', '3s', '--deadline', '60s', '--json']
    const hiring = stage.start(['hire', 'shout', ...flags], 'hello')
    expectExit(await hiring.ended(), 0)
    expect(hiring.events('result')).toMatchObject([{ result: { text: 'HELLO' } }])

    const peerOf = async (agent: Running) => (await agent.event('ready'))['peerId']
    const [result] = hiring.events('result')
    // Its offer and its bid went by way of the others; an award could not.
    expect(cheapest.events('bid')).toHaveLength(1)
    expect(cheapest.events('awarded')).toEqual([])
    expect(requester.events('peer', { peer: await peerOf(cheapest) })).toEqual([])
    expect(await Promise.all(middle.map(peerOf))).toContain(result?.['worker'])
    const { contracts } = await stage.verify('me', 'task')
    expect(contracts.at(-1)).toMatchObject({ end: 'settled', fault: null })
    expect(contracts.filter(({ end }) => end === 'settled')).toHaveLength(1)
    expect(contracts.slice(0, -1).every(({ end }) => end === 'lapsed')).toBe(true)
    for (const agent of middle) expect(agent.events('slashed')).toEqual([])
    const settled = await Promise.all(
      ['left', 'mid', 'right'].map(async (name) =>
        (await stage.contracts(name)).filter(({ end }) => end === 'settled'),
      ),
    )
    expect(settled.flat()).toHaveLength(1)
  },
)
