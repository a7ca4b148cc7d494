import type { Party, Bench } from './bench.ts'
import { hireAll, openAgent, SKILL, TERMS } from './bench.ts'
import { sum } from './stats.ts'

/** Agents in one process: as many as leave both processors something to do. */
const TOGETHER = 15

export interface Crowd {
  readonly agents: number
  readonly parties: Readonly<Record<string, Party>>
  /** Processor time of all agents for one contract, microseconds. */
  cpuUs(count: number, inFlight: number): Promise<number>
  close(): Promise<void>
}

/** So many agents of one skill, of which one hires, one works, and all others hear every offer and bid for none. */
export async function openCrowd(bench: Bench, agents: number): Promise<Crowd> {
  const home = await bench.directory()
  const worker = await bench.party('the worker')
  const requester = await bench.party('the requester')
  const { address } = await openAgent(worker, { name: 'worker', home, peers: [] })
  await worker.call('serve', { agent: 'worker', skill: SKILL, slots: 1_000, manner: 'echo' })
  await openAgent(requester, { name: 'requester', home, peers: [address] })
  const listeners: { readonly party: Party; readonly names: string[] }[] = []
  for (let at = 0; at < agents - 2; at += 1) {
    if (at % TOGETHER === 0) listeners.push({ party: await bench.party('the listeners'), names: [] })
    const last = listeners.at(-1)
    if (last === undefined) continue
    const name = `listener-${at}`
    last.names.push(name)
    await openAgent(last.party, { name, home, peers: [address] })
    await last.party.call('serve', { agent: name, skill: SKILL, slots: 1, manner: 'listen' })
  }
  const met = Math.min(3, agents - 1)
  for (const { party, names } of listeners)
    for (const name of names) await party.call('meets', { agent: name, count: met })
  await requester.call('sees', { agent: 'requester', skill: SKILL, count: agents - 1 })
  const parties = [requester, worker, ...listeners.map((each) => each.party)]
  const hire = (count: number, inFlight: number): Promise<unknown> =>
    hireAll(requester, { agent: 'requester', skill: SKILL, count, inFlight, terms: TERMS, until: 'settled' })
  await hire(20, 1)
  const [listener] = listeners
  return {
    agents,
    parties: { requester, worker, ...(listener === undefined ? {} : { listener: listener.party }) },
    async cpuUs(count, inFlight) {
      const before = await spent(parties)
      await hire(count, inFlight)
      return ((await spent(parties)) - before) / count
    },
    async close() {
      for (const party of parties) await party.kill()
    },
  }
}

async function spent(parties: readonly Party[]): Promise<number> {
  return sum(
    (await Promise.all(parties.map((each) => each.call('usage', { collect: false })))).map(({ cpuUs }) => cpuUs),
  )
}
