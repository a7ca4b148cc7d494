import { now } from '../children/clock.ts'
import type { Mark } from '../children/party.ts'
import { until } from '../../process/support/limit.ts'
import { openAgent, type Bench, type Party } from '../support/bench.ts'
import { row, type Line } from '../support/row.ts'
import { median } from '../support/stats.ts'

/** The lease of the lan profile. */
const LEASE_S = 5
const LOST = 90_000

/** From the death of a worker in the middle of its work to the award of the task to the next best bidder. */
export async function failover(bench: Bench): Promise<readonly Line[]> {
  const spans: number[] = []
  const rounds = bench.size(Math.min(3, bench.init.rounds), 1)
  for (let round = 0; round < rounds; round += 1) {
    spans.push(await once(bench))
    bench.say(`failover ${round + 1}/${rounds}: ${spans.at(-1)?.toFixed(2)} s`)
  }
  return [
    row({
      ...{
        group: 'failover',
        name: 'failover, kill -9 to the next award / lease',
        unit: 's',
        floor: LEASE_S,
        rounds: spans,
      },
      ...{ observed: median(spans), target: { of: 'ratio', atMost: 1.5 }, note: 'lan profile, a reserve stands ready' },
    }),
  ]
}

async function once(bench: Bench): Promise<number> {
  const home = await bench.directory()
  const requester = await bench.party('the requester')
  const { address } = await openAgent(requester, { name: 'requester', home, peers: [], marks: true })
  const workers: Party[] = []
  for (const price of [1, 2]) {
    const worker = await bench.party(`the worker for ${price}`)
    const name = `worker-${price}`
    await openAgent(worker, { name, home, peers: [address] })
    await worker.call('serve', { agent: name, skill: 'keep', slots: 1, price, manner: 'keep' })
    workers.push(worker)
  }
  await requester.call('sees', { agent: 'requester', skill: 'keep', count: 2 })
  const order = { agent: 'requester', skill: 'keep', count: 1, inFlight: 1, until: 'offered' } as const
  await requester.call('hire', { ...order, terms: { mode: 'auction', deadline: '90s', lease: `${LEASE_S}s` } })
  await marked(requester, (mark) => mark.event === 'opened')
  const killed = now()
  // The cheaper one has it.
  await workers[0]?.kill()
  const again = await marked(requester, (mark) => mark.event === 'awarded' && mark.generation === 2)
  await Promise.all([requester, ...workers].map((each) => each.kill()))
  return (again.at - killed) / 1_000
}

function marked(party: Party, wanted: (mark: Mark) => boolean): Promise<Mark> {
  const look = async (): Promise<Mark | undefined> => (await party.call('marks', { agent: 'requester' })).find(wanted)
  return until('the event that failover waits for', look, LOST)
}
