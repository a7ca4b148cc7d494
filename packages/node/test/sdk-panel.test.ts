import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Blobs } from '@haggle/ports'
import { recordText } from '@haggle/protocol'
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
    const blobs: Blobs[] = []
    for (let number = 3; number < 10; number += 1) {
      const stand = world.stand(number)
      witnesses.push(await stand.start({ witness: true }))
      blobs.push(stand.blobs)
    }
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
    return { requester, worker, witnesses, release, job, blobs }
  }

  function votesIn(job: Job): string[] {
    return job.records().flatMap((record) => (record.type === 'vote' ? [record.body.verdict] : []))
  }

  it('WIT-36 T-87: read nothing of a result that they hold for its requester', async () => {
    const { requester, worker, release, job, blobs } = await stage()
    world.hub.cut(requester.key, worker.key)
    release()
    const result = await world.clock.until(job.settled())
    expect(await result.text()).toBe(LARGE)
    const { contract, result: named, sealed } = requester.contracts()[0] ?? {}
    if (contract === undefined || named == null || sealed == null) throw new Error('nothing was delivered under a seal')
    const bytes = Buffer.from(await (await requester.sealed(recordText(contract))).bytes())
    expect(bytes).toHaveLength(LARGE.length + 96)
    expect(bytes.includes('xxxx')).toBe(false)
    const holders = await Promise.all(blobs.map((each) => each.size(sealed.hash)))
    expect(holders.filter((size) => size !== undefined).length).toBeGreaterThanOrEqual(4)
    for (const each of blobs) expect(await each.size(named.hash)).toBeUndefined()
  })

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
