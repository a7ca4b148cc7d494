import { createHash } from 'node:crypto'
import type { AgentKey } from '@haggle/protocol'
import type { Hello, Logger } from '@haggle/ports'
import { onTestFinished, vi } from 'vitest'
import { hearing, type Answers, type Seen } from '../../../../test/conformance/hearing.ts'
import { libp2pNetwork } from '../../src/index.ts'
import type { Libp2pNetwork, Libp2pNetworkInit } from '../../src/index.ts'

// Real sockets on a machine that does other things: the bound is for what hangs, not for what is slow.
vi.setConfig({ testTimeout: 20_000 })

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export function seedOf(name: string): Uint8Array {
  return createHash('sha256').update(name).digest()
}

export function helloOf(over: Partial<Hello> = {}): Hello {
  return {
    network: 'lab',
    networkId: 'ab'.repeat(32),
    params: { lease: 1, ack: 2 },
    version: '0.1.0',
    time: Date.now(),
    ...over,
  }
}

export interface Agent {
  readonly net: Libp2pNetwork
  readonly seen: Seen
  readonly key: AgentKey
  readonly address: string
  /** Resolves when the condition holds, looked at after every event. */
  until(holds: () => boolean): Promise<void>
}

export interface AgentOptions extends Partial<Libp2pNetworkInit>, Answers {
  readonly says?: Partial<Hello>
}

/** A network of an agent on 127.0.0.1, not started. */
export function networkOf(name: string, init: Partial<Libp2pNetworkInit> = {}): Libp2pNetwork {
  return libp2pNetwork({
    privateKeySeed: seedOf(name),
    hello: () => helloOf(),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: [],
    mdns: false,
    networkName: 'lab',
    logger: silent,
    ...init,
  })
}

/** An agent's network on 127.0.0.1, stopped when the test ends. */
export async function agent(name: string, options: AgentOptions = {}): Promise<Agent> {
  const { says, verdict, frame, blob, ...init } = options
  const waiters = new Set<() => void>()
  const answers = {
    ...(verdict === undefined ? {} : { verdict }),
    ...(frame === undefined ? {} : { frame }),
    ...(blob === undefined ? {} : { blob }),
  }
  const { seen, handlers } = hearing(answers, () => {
    for (const waiter of waiters) waiter()
  })
  const net = networkOf(name, { hello: () => helloOf(says), ...init })
  onTestFinished(() => net.stop())
  await net.start(handlers)
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return
        waiters.delete(look)
        resolve()
      }
      waiters.add(look)
      look()
    })
  return { net, seen, key: keyOf(net), address: net.addresses()[0] ?? '', until }
}

/** Two agents that know each other. */
export async function pair(
  options: AgentOptions = {},
  other: AgentOptions = options,
): Promise<readonly [Agent, Agent]> {
  const [ada, bob] = await Promise.all([agent('ada', options), agent('bob', other)])
  await ada.net.dial(bob.address)
  await Promise.all([met(ada, bob), met(bob, ada)])
  return [ada, bob]
}

export function met(one: Agent, other: Agent): Promise<void> {
  return one.until(() => one.net.peers().some(({ key }) => key === other.key))
}

/** The key of a network that runs. */
export function keyOf(net: Libp2pNetwork): AgentKey {
  const { key } = net
  if (key === undefined) throw new Error('the network runs')
  return key
}
