import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { World } from './agents.ts'

describe('an agent that comes back', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  it('finishes as a plain agent what a hire left behind, and serves the result', async () => {
    const first = world.stand(1)
    const requester = await first.start()
    const worker = await world.stand(2).start()
    let finish: (text: string) => void = () => {}
    worker.serve('slow', () => new Promise<string>((resolve) => (finish = resolve)))
    await world.clock.until(requester.hire('slow', 'x', { key: 'k' }))
    await world.clock.pass(2_000)
    const second = await world.clock.until(first.crashed())
    finish('late but there')
    const up = await second.start()
    await world.clock.pass(5_000)
    expect(up.contract('k')?.outcome?.end).toBe('settled')
    expect(await (await up.result('k')).text()).toBe('late but there')
    expect(up.contracts()).toHaveLength(1)
  })

  it('runs the handler again after its own crash, under the same task key, in the same contract', async () => {
    const requester = await world.stand(1).start()
    const first = world.stand(2)
    const worker = await first.start()
    const keys: string[] = []
    worker.serve('slow', (task) => {
      keys.push(task.key)
      return new Promise<string>(() => {})
    })
    const job = await world.clock.until(requester.hire('slow', 'x'))
    await world.clock.pass(2_000)
    const again = await (await world.clock.until(first.crashed())).start()
    // The engine asks for the work before the skill is served again: it waits for the service.
    await world.clock.pass(2_000)
    again.serve('slow', (task) => {
      keys.push(task.key)
      return 'done'
    })
    expect(await (await world.clock.until(job.settled())).text()).toBe('done')
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
    expect(job.contracts()).toHaveLength(1)
  })

  it('SCORE-06: counts an end once, however often its agent restarts and meets the peer again', async () => {
    let stand = world.stand(1)
    const worker = await world.stand(2).start()
    const other = await world.stand(3).start()
    worker.serve('good', () => ({ n: 1 }))
    other.serve('bad', () => ({ n: 'one' }))
    const schema = JSON.stringify({ type: 'object', properties: { n: { type: 'integer' } } })
    const accept = { kind: 'schema', schema } as const
    let requester = await stand.start()
    await world.clock.until((await world.clock.until(requester.hire('good', 'x', { accept }))).settled())
    const cheated = await world.clock.until(requester.hire('bad', 'x', { accept, attempts: 1 }))
    await expect(world.clock.until(cheated.settled())).rejects.toMatchObject({ code: 'hire/rejected' })
    const book = () => requester.peers().map(({ key, settled, faults, quality }) => ({ key, settled, faults, quality }))
    const before = book()
    expect(before).toContainEqual(expect.objectContaining({ key: worker.key, settled: 1, faults: 0 }))
    expect(before).toContainEqual(expect.objectContaining({ key: other.key, settled: 0, faults: 1 }))
    for (let round = 0; round < 2; round += 1) {
      stand = await world.clock.until(stand.crashed())
      requester = await stand.start()
      await world.clock.pass(2_000)
    }
    expect(new Set(book().map((row) => JSON.stringify(row)))).toEqual(new Set(before.map((row) => JSON.stringify(row))))
  })

  it('keeps the reason of an expired job over a restart', async () => {
    const first = world.stand(1)
    await world.stand(2).start()
    const requester = await first.start()
    const job = await world.clock.until(requester.hire('none', 'x', { key: 'k', wait: '1s' }))
    await expect(world.clock.until(job.settled())).rejects.toMatchObject({ code: 'hire/no-bids' })
    const again = await (await world.clock.until(first.crashed())).start()
    await world.clock.settle()
    const found = again.job('k')
    expect(found?.state().kind).toBe('ended')
    await expect(world.clock.until(Promise.resolve(found?.settled()))).rejects.toMatchObject({
      code: 'hire/no-bids',
      detail: { bids: 0 },
    })
  })

  it('waits with a review for the callback of a restarted program, which attaches it under the same key', async () => {
    const first = world.stand(1)
    const requester = await first.start()
    const worker = await world.stand(2).start()
    worker.serve('draft', () => 'text')
    await world.clock.until(requester.hire('draft', 'x', { key: 'k', review: () => new Promise(() => {}) }))
    await world.clock.pass(1_500)
    const again = await (await world.clock.until(first.crashed())).start()
    await world.clock.pass(500)
    expect(again.contract('k')?.outcome).toBe(null)
    const seen: string[] = []
    const job = await world.clock.until(
      again.hire('draft', 'x', {
        key: 'k',
        review: async (result) => {
          seen.push(await result.text())
          return 'approve' as const
        },
      }),
    )
    await world.clock.until(job.settled())
    expect(seen).toEqual(['text'])
  })

  it('meets again a peer that was cut off and settles what stood open', async () => {
    const requester = await world.stand(1).start()
    const worker = await world.stand(2).start()
    let finish: (text: string) => void = () => {}
    worker.serve('slow', () => new Promise<string>((resolve) => (finish = resolve)))
    const job = await world.clock.until(requester.hire('slow', 'x'))
    await world.clock.pass(2_000)
    world.hub.cut(requester.key, worker.key)
    finish('done in the dark')
    await world.clock.pass(8_000)
    world.hub.heal(requester.key, worker.key)
    expect(await (await world.clock.until(job.settled())).text()).toBe('done in the dark')
    expect(job.contracts()).toHaveLength(1)
  })

  it('hands an open offer to a worker that joins late', async () => {
    const requester = await world.stand(1).start()
    const job = await world.clock.until(requester.hire('shout', 'x'))
    await world.clock.pass(3_000)
    const late = await world.stand(2).start()
    late.serve('shout', () => 'X')
    expect(await (await world.clock.until(job.settled())).text()).toBe('X')
  })
})
