import type { Agent, HireTerms, TaskHandler } from '@haggle/node'
import type { HaggleRecord } from '@haggle/protocol'
import { World } from '../../node/test/agents.ts'
import { writeTaskFile } from '../src/task-file/write.ts'

/** A task file as JSON. */
export interface FileJson {
  haggle: number
  network: { name: string; params: Record<string, number> }
  records: RecordJson[]
  payloads?: { hash: string; bytes: string }[]
  outcome?: Json
}
export interface RecordJson {
  type: string
  id: string
  author: string
  bytes: string
  signature: string
  view: Json
}
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** Runs one task between real agents on a virtual clock and gives back its file, as its requester writes it. */
export async function taskFile(
  handlers: readonly TaskHandler[],
  terms: HireTerms = {},
): Promise<{ readonly text: string; readonly records: readonly HaggleRecord[] }> {
  const world = new World()
  try {
    const requester = await world.stand(1).start({ network: 'test' })
    for (const [index, handler] of handlers.entries()) {
      const worker = await world.stand(index + 2).start({ network: 'test' })
      // Prices rise, so that the first worker is the first to be hired.
      await world.clock.until(worker.serve('shout', { price: index + 1 }, handler).ready)
    }
    const job = await world.clock.until(requester.hire('shout', 'hello', { deadline: '60s', ...terms }))
    await world.clock.until(job.settled().catch(() => undefined))
    await world.clock.until(job.acknowledged('2s'))
    const records = job.records()
    return { records, text: await fileText(requester, records) }
  } finally {
    await world.end()
  }
}

function fileText(requester: Agent, records: readonly HaggleRecord[]): Promise<string> {
  return writeTaskFile('test', records, (contract) => requester.result(contract))
}
