import { expect } from 'vitest'
import { shardOf } from '@haggle/protocol'
import { topicOf } from '../../packages/libp2p/test/support/attacker.ts'
import { scenario } from '../process/support/scenario.ts'
import type { Stage } from '../process/support/stage.ts'
import type { Running } from '../process/support/running.ts'
import { addressOf, attack, hireBeside, hostile } from './support/hostile.ts'
import { MemoryWatch } from './support/memory.ts'

const TOPIC = topicOf(`market/${shardOf('echo')}`)

const gossipFloods = [
  'large',
  'elsewhere',
  'nonsense',
  'subscriptions',
  'toggling',
  'ihave',
  'iwant',
  'graft',
  'too many of all',
]
/** Each is named, or made to wait. */
const frameFloods = [
  ['garbage', /frame\/malformed/],
  ['nested', /frame\/malformed/],
  ['huge lengths', /frame\/malformed/],
  ['bad signatures', /record\/signature/],
  ['tip', /slowed-down/],
  ['heartbeat', /slowed-down/],
  ['want', /slowed-down/],
  ['digest', /slowed-down/],
  ['full digest', /slowed-down/],
  ['payloads', /slowed-down/],
] as const

/** An agent that others attack, and how much memory it had before. */
async function victim(stage: Stage): Promise<{ worker: Running; address: string; memory: MemoryWatch }> {
  const worker = await stage.work('echo', ['--debug'], 'cat')
  // What an agent loads and compiles for its first contract is no cost of an attack.
  await hireBeside(stage)
  return { worker, address: await addressOf(worker), memory: await MemoryWatch.begin(worker.pid) }
}

/** It still serves, holds little more than before, and nothing made it stop or sign anything that its log does not hold. */
async function expectUnmoved(stage: Stage, worker: Running, memory: MemoryWatch, what: string): Promise<void> {
  await hireBeside(stage)
  await memory.expectSmall(what)
  expect(worker.events('stopping')).toEqual([])
  expect(worker.events('slashed')).toEqual([])
  expect(worker.stderr).not.toMatch(/^ +at |agent\/bug|halted|handler-threw/m)
}

scenario(
  'T-47 NET-45: what is not libp2p is let go, and 500 half-open sockets keep no honest dial waiting',
  async ({ stage }) => {
    const { worker, address, memory } = await victim(stage)
    const { idle, spans, open } = await attack(stage, 'sockets', address)
    process.stdout.write(
      `    dial: idle ${String(idle)} ms, beside 500 half-open sockets ${String(spans)} ms (${String(open)} left open)\n`,
    )
    // The middle one of five: the machine has other work.
    expect((spans as number[])[2]).toBeLessThanOrEqual(1_000)
    await expectUnmoved(stage, worker, memory, 'garbage, HTTP, TLS and half-open sockets')
  },
)

scenario('T-45 NET-12 NET-13: floods of gossip of every kind, one after the other', async ({ stage }) => {
  const { worker, address } = await victim(stage)
  for (const flood of gossipFloods) {
    const memory = await MemoryWatch.begin(worker.pid)
    await attack(stage, 'gossip', address, flood, TOPIC)
    await expectUnmoved(stage, worker, memory, `gossip, ${flood}`)
  }
})

scenario('T-46 NET-28 NET-41: floods of frames of every kind, one after the other', async ({ stage }) => {
  const { worker, address } = await victim(stage)
  for (const [flood, says] of frameFloods) {
    const memory = await MemoryWatch.begin(worker.pid)
    const before = worker.stderr.length
    await attack(stage, 'frames', address, flood, 'echo')
    expect({ flood, said: worker.stderr.slice(before) }).toEqual({
      flood,
      said: expect.stringMatching(says) as string,
    })
    await expectUnmoved(stage, worker, memory, `frames, ${flood}`)
  }
})

scenario('NET-25: whoever breaks the framing is parted with, and nobody else', async ({ stage }) => {
  const { worker, address, memory } = await victim(stage)
  const { tried, left } = await attack(stage, 'breaker', address)
  expect(left).toBe(tried)
  expect(worker.stderr).toMatch(/net\.frame-violation/)
  await expectUnmoved(stage, worker, memory, 'broken framing')
})

scenario('a peer that comes and goes three hundred times', async ({ stage }) => {
  const { worker, address, memory } = await victim(stage)
  const { ups } = await attack(stage, 'flap', address, '300')
  expect(ups).toBeGreaterThan(100)
  await expectUnmoved(stage, worker, memory, `a peer that came and went ${String(ups)} times`)
})

scenario(
  'T-48 NET-16 NET-40: a peer that stops reading is disconnected within 30 seconds, and holds little',
  async ({ stage }) => {
    const worker = await stage.work('echo', ['--json'], 'cat')
    await hireBeside(stage)
    const address = await addressOf(worker)
    // What is owed to the deaf one: a board of twelve hundred offers, asked for again and again, and gossip.
    await attack(stage, 'flood', address, 'echo', '8', '400', '3')
    const deaf = hostile(stage, 'deaf', address, 'echo')
    await deaf.event('asked')
    const { peer } = await deaf.event('asked')
    await worker.event('peer', { peer, up: true })
    const memory = await MemoryWatch.begin(worker.pid)
    deaf.signal('SIGSTOP')
    const stopped = performance.now()
    await worker.event('peer', { peer, up: false }, 45_000)
    const span = performance.now() - stopped
    process.stdout.write(`    a deaf peer was let go after ${Math.round(span / 1_000)} s\n`)
    // The stop of the process is seen here later than it happens, and the machine is busy.
    expect(span).toBeLessThanOrEqual(31_000)
    await expectUnmoved(stage, worker, memory, 'a peer that stopped reading')
  },
)
