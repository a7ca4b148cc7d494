import { decodeFrame, networkIdOf, protocolParams, type AgentKey } from '@haggle/protocol'
import { startAgent, type Agent, type AgentComponents } from '@haggle/node'
import { memoryJournal } from '@haggle/journal'
import type { Logger, NetworkHandlers } from '@haggle/ports'
import { World } from '../../packages/node/test/agents.ts'
import { MemoryNetwork } from '../../packages/node/test/memory-network.ts'
import { itemsOf } from './cbor-items.ts'
import type { Author, Heard } from './reseal.ts'
import { mustHold } from './target.ts'

export const NETWORK = 'fuzz'
export const networkId = networkIdOf(NETWORK, protocolParams)
/** Records and ids remembered of what was said; the oldest give way. */
const MOST_HEARD = 64
/** Tasks at a time: made-up contracts must not keep honest ones waiting. */
const SLOTS = 1_024

/** A wire that can be spoken into, and that takes what is for nobody it reaches. */
class OpenNetwork extends MemoryNetwork {
  handlers: NetworkHandlers | undefined

  override send(to: AgentKey, frame: Uint8Array): boolean {
    if (!super.send(to, frame)) this.sent.push({ to, bytes: frame })
    return true
  }

  override async start(handlers: NetworkHandlers): Promise<void> {
    this.handlers = handlers
    await super.start(handlers)
  }
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** One agent that is talked to. */
export interface Victim {
  readonly agent: Agent
  readonly network: OpenNetwork
  /** Whose frames it takes for those of its contract. */
  readonly counterpart: AgentKey
}

/** Agents in memory with a contract under way between two of them, and everybody's keys at hand. */
export class Stage {
  readonly world = new World()
  readonly authors: Author[] = []
  readonly wires: Uint8Array[] = []
  readonly ids: Uint8Array[] = []
  readonly #journals: AgentComponents['journal'][] = []
  readonly #agents: Agent[] = []
  readonly #victims: Victim[] = []
  #number = 0
  #held = new AbortController()

  static async open(): Promise<Stage> {
    const stage = new Stage()
    const requester = await stage.#start()
    const worker = await stage.#start()
    worker.agent.serve('quick', { slots: SLOTS }, () => 'done')
    worker.agent.serve('slow', { slots: SLOTS }, (task) => stage.#until(task.signal))
    stage.#victims.push(
      { ...requester, counterpart: worker.agent.key },
      { ...worker, counterpart: requester.agent.key },
    )
    await stage.#contract(requester.agent)
    return stage
  }

  get heard(): Heard {
    return { wires: this.wires, ids: this.ids, now: this.world.clock.wall() }
  }

  victim(number: number): Victim {
    const victim = this.#victims[number % this.#victims.length]
    if (victim === undefined) throw new Error('there are two of them')
    return victim
  }

  /** Lets what is due happen, notes what was said meanwhile, and looks whether everybody still lives. */
  async pass(spanMs: number): Promise<void> {
    await this.world.clock.pass(spanMs)
    for (const { agent, network } of this.#victims) {
      for (const { to, bytes } of network.sent.splice(0)) {
        this.#note(bytes)
        await this.#handOver(agent.key, to, bytes)
      }
      const { halted } = agent.status()
      mustHold(halted === null, `an agent was halted by what it was sent: ${halted}`)
    }
    // Nobody restarts here, so what is on disk is never read again.
    for (const journal of this.#journals)
      for (const table of ['log', 'events'] as const) await journal.prune(table, 1e9)
  }

  /** Whoever was talked to still does business with who comes new. */
  async serves(): Promise<void> {
    const [requester, worker] = [this.victim(0), this.victim(1)]
    const [newRequester, newWorker] = [await this.#start(), await this.#start()]
    await this.#hires(newRequester.agent, 'quick', worker.agent)
    newWorker.agent.serve('new', () => 'done')
    await this.#hires(requester.agent, 'new', newWorker.agent)
    for (const { agent } of [newRequester, newWorker]) await this.world.clock.until(agent.close())
    // A journal that is closed has nothing to forget.
    this.#journals.splice(2)
  }

  async close(): Promise<void> {
    this.#held.abort()
    for (const agent of this.#agents) await this.world.clock.until(agent.close())
  }

  async #start(): Promise<{ readonly agent: Agent; readonly network: OpenNetwork }> {
    this.#number += 1
    const { parts } = this.world.stand(this.#number)
    const network = new OpenNetwork(this.world.hub, parts.signer.key)
    const journal = memoryJournal()
    this.#journals.push(journal)
    const { clock } = this.world
    const agent = await clock.until(
      startAgent({ ...parts, network, journal, logger: silent }, { name: `agent-${this.#number}`, network: NETWORK }),
    )
    this.#agents.push(agent)
    this.authors.push({ key: agent.key, sign: (message) => parts.signer.sign(message) })
    return { agent, network }
  }

  /** A contract that lasts until the stage is left. */
  async #contract(requester: Agent): Promise<void> {
    const { clock } = this.world
    await clock.until(requester.hire('slow', 'input', { deadline: '1h', key: 'the one under way' }))
    while (!requester.contracts().some(({ opened }) => opened)) await clock.pass(100)
    await this.pass(1)
    const [one, other] = [this.victim(0), this.victim(1)]
    this.world.hub.cut(one.agent.key, other.agent.key)
    one.network.handlers?.peerUp(other.network.info())
    other.network.handlers?.peerUp(one.network.info())
  }

  async #hires(requester: Agent, skill: string, worker: Agent): Promise<void> {
    const { clock } = this.world
    const key = `${skill} ${this.#number}`
    // Others sign with their keys here: what is proven against them they could not help, and nobody lets them risk anything.
    const job = await clock.until(requester.hire(skill, 'input', { deadline: '2m', attempts: 5, key, stake: 0 }))
    const result = await clock.until(job.settled())
    mustHold(result.worker === worker.key, 'a task was settled by somebody else')
  }

  #until(signal: AbortSignal): Promise<string> {
    const { signal: left } = this.#held
    return new Promise((resolve) => {
      for (const each of [signal, left]) each.addEventListener('abort', () => resolve('done'), { once: true })
    })
  }

  /**
   * The two have no wire of their own, so that frames of one sender come one after the other, as they do on a stream; what
   * keeps their contract alive is handed over here.
   */
  async #handOver(from: AgentKey, to: AgentKey | null, bytes: Uint8Array): Promise<void> {
    const decoded = decodeFrame(bytes)
    if (!decoded.ok || (decoded.frame.kind !== 'heartbeat' && decoded.frame.kind !== 'heartbeat-ack')) return
    const other = this.#victims.find(({ agent }) => agent.key === to)
    if (other?.network.handlers !== undefined) await this.world.clock.until(spoken(other.network.handlers, from, bytes))
  }

  #note(bytes: Uint8Array): void {
    const decoded = decodeFrame(bytes)
    const wires = decoded.ok && decoded.frame.kind === 'records' ? decoded.frame.records : [bytes]
    for (const wire of wires) {
      put(this.wires, wire)
      for (const { start, headEnd, end } of itemsOf(wire)) {
        if (end - headEnd === 32 && (wire[start] ?? 0) >>> 5 === 2) put(this.ids, wire.subarray(headEnd, end))
      }
    }
  }
}

async function spoken(handlers: NetworkHandlers, from: AgentKey, bytes: Uint8Array): Promise<void> {
  await handlers.frame(from, bytes)
}

/** Adds what is not there yet; of many the second oldest leaves, since the first words of a contract name everything in it. */
function put(list: Uint8Array[], bytes: Uint8Array): void {
  if (list.some((each) => Buffer.compare(each, bytes) === 0)) return
  list.push(bytes)
  if (list.length > MOST_HEARD) list.splice(MOST_HEARD / 2, 1)
}
