import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Agent, Job } from '../src/index.ts'
import { World } from './agents.ts'

/** Above what travels in a frame: everybody who wants it asks for it by its hash. */
const LARGE = 'x'.repeat(40_000)

describe('agents that witness', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  /** A requester, a worker whose work waits for `release`, and seven witnesses: panels have four members. */
  async function stage() {
    const requester = await world.stand(1).start()
    const worker = await world.stand(2).start()
    const witnesses: Agent[] = []
    for (let number = 3; number < 10; number += 1) witnesses.push(await world.stand(number).start({ witness: true }))
    let release: () => void = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const { ready } = worker.serve('grow', async () => {
      await released
      return LARGE
    })
    await world.clock.until(ready)
    await world.clock.pass(1_000)
    const job = await world.clock.until(requester.hire('grow', 'x', { deadline: '60s' }))
    await world.clock.pass(3_000)
    return { requester, worker, witnesses, release, job }
  }

  function votesIn(job: Job): string[] {
    return job.records().flatMap((record) => (record.type === 'vote' ? [record.body.verdict] : []))
  }

  it('WIT-23 WIT-25: bring a result to a requester that its worker does not reach', async () => {
    const { requester, worker, release, job } = await stage()
    expect(requester.contracts()[0]?.state).toBe('working')
    world.hub.cut(requester.key, worker.key)
    release()
    const result = await world.clock.until(job.settled())
    expect(await result.text()).toBe(LARGE)
    expect(votesIn(job)).toEqual(['timely', 'timely', 'timely', 'timely'])
  })

  it('WIT-16: certify that a worker which nobody reaches any more delivered nothing', async () => {
    const { requester, worker, witnesses, job } = await stage()
    for (const agent of [requester, ...witnesses]) world.hub.cut(agent.key, worker.key)
    await world.clock.until(job.settled().catch(() => undefined))
    expect(requester.contracts()[0]?.outcome).toMatchObject({
      end: 'breached',
      fault: 'NO_DELIVERY',
      party: worker.key,
    })
    expect(votesIn(job).filter((verdict) => verdict === 'absent').length).toBeGreaterThanOrEqual(4)
  })
})
