import type { Agent, TaxCounter } from '@haggle/node'
import type { Blobs, Journal } from '@haggle/ports'
import type { MetricsAddress } from '../cli/values.ts'
import { countedBlobs } from './counted-blobs.ts'
import { agentExposition } from './exposition.ts'
import { serveMetrics } from './server.ts'

/** An agent that others watch: its store counted, its numbers served. */
export interface Watched {
  readonly url: string
  readonly blobs: Blobs
  /** From now on there is an agent to tell of. */
  started(agent: Agent): void
  close(): Promise<void>
}

/** Serves the numbers of an agent that is about to start; rejects with `listen/metrics`. */
export async function watched(
  address: MetricsAddress,
  { tax, blobs, journal }: { readonly tax: TaxCounter; readonly blobs: Blobs; readonly journal: Journal },
): Promise<Watched> {
  const traffic = { written: 0, read: 0 }
  let agent: Agent | undefined
  const exposition = agentExposition({ agent: () => agent, tax, blobs: traffic, journal })
  try {
    const server = await serveMetrics(address, exposition)
    return {
      url: server.url,
      blobs: countedBlobs(blobs, traffic),
      started: (running) => void (agent = running),
      close: async () => {
        exposition.close()
        await server.close()
      },
    }
  } catch (error) {
    exposition.close()
    throw error
  }
}
