import { createEngine } from '@haggle/core'
import { memoryJournal, type MemoryJournal } from '@haggle/journal'
import type { Logger, Signer } from '@haggle/ports'
import {
  startAgent,
  taxCounter,
  type Agent,
  type AgentComponents,
  type AgentInit,
  type TaxCounter,
} from '../src/index.ts'
import { ed25519Signer, ed25519Verify } from '../src/pure/ed25519.ts'
import { resultCheck } from '../src/pure/result-check.ts'
import { MemoryBlobs } from './memory-blobs.ts'
import { MemoryHub, type MemoryNetwork } from './memory-network.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface Warning {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** One agent's parts, so that a test can start it, crash it, and start it again. */
export interface Stand {
  readonly parts: AgentComponents
  readonly network: MemoryNetwork
  readonly journal: MemoryJournal
  readonly blobs: MemoryBlobs
  readonly tax: TaxCounter
  readonly warnings: Warning[]
  start(init?: Partial<AgentInit>): Promise<Agent>
  /** The same agent after its power went: what was not durable is gone. */
  crashed(): Promise<Stand>
}

/** A small world on one wire and one clock. Random bytes are counted, so every run is the same. */
export class World {
  readonly hub = new MemoryHub()
  readonly clock = new VirtualClock()
  /** Makes the engines of the agents that are put up from now on. */
  engines: AgentComponents['createEngine'] = (identity) => createEngine(identity)
  /** Makes the pens of the agents that are put up from now on: a broken one for whoever is to cheat. */
  signers: (signer: Signer, number: number) => Signer = (signer) => signer
  readonly #agents: Agent[] = []
  #random = 0

  stand(number: number, journal: MemoryJournal = memoryJournal(), blobs = new MemoryBlobs()): Stand {
    const signer = this.signers(ed25519Signer(new Uint8Array(32).fill(number)), number)
    const network = this.hub.network(signer.key)
    const warnings: Warning[] = []
    const tax = taxCounter()
    const { clock, engines } = this
    const parts: AgentComponents = {
      ...{ createEngine: engines, network, journal, blobs, clock, signer, resultCheck },
      verify: ed25519Verify,
      entropy: { bytes: (length) => this.#bytes(length) },
      logger: listener(warnings),
      metrics: tax,
    }
    let running: Agent | undefined
    return {
      ...{ parts, network, journal, blobs, tax, warnings },
      start: async (init = {}) => {
        running = await clock.until(startAgent(parts, { name: `agent-${number}`, ...init }))
        this.#agents.push(running)
        return running
      },
      crashed: async () => {
        const left = journal.crash()
        await network.stop()
        // Nothing that the dead agent still does may reach the disk or the wire of the living one.
        await running?.close()
        return this.stand(number, left, blobs)
      },
    }
  }

  /** Closes every agent of the world. */
  async end(): Promise<void> {
    for (const agent of this.#agents) await this.clock.until(agent.close())
  }

  #bytes(length: number): Uint8Array {
    this.#random += 1
    const bytes = new Uint8Array(length)
    new DataView(bytes.buffer).setUint32(0, this.#random)
    for (let at = 4; at < length; at += 1) bytes[at] = (this.#random * 31 + at * 17) % 256
    return bytes
  }
}

function listener(warnings: Warning[]): Logger {
  const note = (event: string, fields: Warning['fields'] = {}): void => void warnings.push({ event, fields })
  return { debug() {}, info() {}, warn: note, error: note }
}
