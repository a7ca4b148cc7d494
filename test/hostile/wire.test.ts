import { expect } from 'vitest'
import { shardOf } from '@haggle/protocol'
import { topicOf } from '../../packages/libp2p/test/support/attacker.ts'
import { scenario } from '../process/support/scenario.ts'
import type { Stage } from '../process/support/stage.ts'
import type { Running } from '../process/support/running.ts'
import { addressOf, attack, hireBeside } from './support/hostile.ts'
import { MemoryWatch } from './support/memory.ts'

const TOPIC = topicOf(`market/${shardOf('echo')}`)

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
  'NET-45: what is not libp2p is let go, and 500 half-open sockets keep no honest dial waiting',
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

scenario.for([
  'large',
  'elsewhere',
  'nonsense',
  'subscriptions',
  'toggling',
  'ihave',
  'iwant',
  'graft',
  'too many of all',
])('NET-12 NET-13: a flood of gossip: %s', async (flood, { stage }) => {
  const { worker, address, memory } = await victim(stage)
  await attack(stage, 'gossip', address, flood, TOPIC)
  await expectUnmoved(stage, worker, memory, `gossip, ${flood}`)
})

scenario.for([
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
] as const)('NET-28: a flood of frames: %s', async ([flood, says], { stage }) => {
  const { worker, address, memory } = await victim(stage)
  await attack(stage, 'frames', address, flood, 'echo')
  expect(worker.stderr).toMatch(says)
  await expectUnmoved(stage, worker, memory, `frames, ${flood}`)
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
