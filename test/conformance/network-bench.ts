import type { AgentKey } from '@haggle/protocol'
import type { Network, NetworkHandlers } from '@haggle/ports'
import { onTestFinished } from 'vitest'
import { hearing, type Answers, type Seen } from './hearing.ts'

/** What a suite needs of a kind of network: a wire of its own for one test. */
export interface NetworkBench {
  /**
   * Starts the network of one more agent; one of the same name is the same agent again. Two ends never meet, and whoever else is
   * on this wire meets at the latest when one of them dials.
   */
  start(
    name: string,
    place: 'middle' | 'end',
    handlers: NetworkHandlers,
  ): Promise<{ readonly network: Network; readonly key: AgentKey }>
  /** Lets the world go on, where it does not by itself. */
  advance?(): Promise<void>
}

/** One agent on the wire of a test. */
export interface Party {
  readonly network: Network
  readonly key: AgentKey
  readonly seen: Seen
  readonly address: string
}

/** Runs a test's agents on a bench, and waits as the bench must be waited for. */
export class Wire {
  readonly #bench: NetworkBench

  constructor(bench: NetworkBench) {
    this.#bench = bench
  }

  /** An agent, stopped when the test ends. */
  async party(name: string, answers: Answers = {}, place: 'middle' | 'end' = 'middle'): Promise<Party> {
    const { seen, handlers } = hearing(answers)
    const { network, key } = await this.done(this.#bench.start(name, place, handlers))
    onTestFinished(() => this.done(network.stop()))
    return { network, key, seen, address: network.addresses()[0] ?? '' }
  }

  /** Two agents that know each other. */
  async pair(answers: Answers = {}, others: Answers = answers): Promise<readonly [Party, Party]> {
    const ada = await this.party('ada', answers)
    const bob = await this.party('bob', others)
    await this.meet(ada, bob)
    return [ada, bob]
  }

  async meet(one: Party, other: Party): Promise<void> {
    await this.done(one.network.dial(other.address))
    await this.until(() => knows(one, other) && knows(other, one))
  }

  /** ada - bob - cyd, all listening: what cyd hears of ada came through bob. */
  async line(topic: string, middle: Answers = {}): Promise<readonly [Party, Party, Party]> {
    const ada = await this.party('ada', {}, 'end')
    const bob = await this.party('bob', middle)
    const cyd = await this.party('cyd', {}, 'end')
    for (const { network } of [ada, bob, cyd]) network.subscribe(topic)
    await this.meet(ada, bob)
    await this.meet(cyd, bob)
    await this.listening(ada, topic, 1)
    await this.listening(cyd, topic, 1)
    await this.listening(bob, topic, 2)
    return [ada, bob, cyd]
  }

  async listening({ network }: Party, topic: string, count: number): Promise<void> {
    await this.until(() => network.listeners(topic) >= count)
  }

  /** Goes on until the condition holds; a test that waits in vain ends by its time limit. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.turn()
  }

  /** Goes on until the promise is settled, and gives what it gave. */
  async done<T>(promise: Promise<T>): Promise<T> {
    if (this.#bench.advance === undefined) return promise
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    await this.until(() => settled)
    return promise
  }

  async turn(): Promise<void> {
    await (this.#bench.advance?.() ?? new Promise((resolve) => setImmediate(resolve)))
  }
}

function knows(one: Party, other: Party): boolean {
  return one.network.peers().some(({ key }) => key === other.key)
}
