import { Queue, Worker, type ConnectionOptions } from 'bullmq'
import { now } from './clock.ts'
import { serveCalls } from './serve.ts'

// What a user would pick instead: a queue on a server that syncs every write before it answers.

const NAME = 'bench'

export type QueueCalls = {
  /** Takes jobs of the queue from here on. */
  work(init: { readonly port: number }): Promise<null>
  /** When each job was claimed by this worker, since the last call. */
  claims(nothing: null): Promise<readonly (readonly [string, number])[]>
  /** Adds jobs one by one, each when the one before it is over; returns when each was added. */
  add(init: { readonly port: number; readonly count: number }): Promise<readonly (readonly [string, number])[]>
  close(nothing: null): Promise<null>
}

const claimed: (readonly [string, number])[] = []
let worker: Worker | undefined
let queue: Queue | undefined
let added = 0

function server(port: number): ConnectionOptions {
  return { host: '127.0.0.1', port, maxRetriesPerRequest: null }
}

const calls: QueueCalls = {
  async work({ port }) {
    // The server has answered the move to `active`, and synced it, when the processor runs: that is the claim.
    worker = new Worker(NAME, async (job) => void claimed.push([job.name, now()]), {
      connection: server(port),
    })
    await worker.waitUntilReady()
    return null
  },
  claims: async () => claimed.splice(0),
  async add({ port, count }) {
    const jobs = (queue ??= new Queue(NAME, { connection: server(port) }))
    await jobs.waitUntilReady()
    const times: (readonly [string, number])[] = []
    for (let at = 0; at < count; at += 1) {
      added += 1
      const name = `job-${added}`
      times.push([name, now()])
      await jobs.add(name, { text: `task ${added} of ${process.pid}` })
      while ((await jobs.getCompletedCount()) < added) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    return times
  },
  async close() {
    await worker?.close()
    await queue?.close()
    return null
  },
}

serveCalls(calls)
