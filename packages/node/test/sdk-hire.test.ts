import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { profiles } from '@haggle/core'
import { agentText, HaggleError } from '@haggle/protocol'
import { TaskFailed, type AgentEvent, type Job, type Result } from '../src/index.ts'
import { World } from './agents.ts'

describe('hire and serve', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  async function pair() {
    const requester = await world.stand(1).start()
    const worker = await world.stand(2).start()
    return { requester, worker }
  }
  const settled = (job: Job): Promise<Result> => world.clock.until(job.settled())
  const codeOf = async (job: Job): Promise<string> => {
    const error: unknown = await world.clock.until(
      job.settled().then(
        () => undefined,
        (reason: unknown) => reason,
      ),
    )
    return error instanceof HaggleError ? error.code : String(error)
  }

  it('settles a task and gives the result back', async () => {
    const { requester, worker } = await pair()
    const service = worker.serve('shout', async (task) => (await task.text()).toUpperCase())
    await world.clock.until(service.ready)
    const job = await world.clock.until(requester.hire('shout', 'hello'))
    const result = await settled(job)
    expect(await result.text()).toBe('HELLO')
    expect(result).toMatchObject({ worker: worker.key, price: 1, generation: 1 })
    expect(job.state().kind).toBe('settled')
    expect(await world.clock.until(job.acknowledged('10s'))).toBe(true)
    expect(worker.contracts()[0]?.outcome?.end).toBe('settled')
  })

  it('works under the terms that the agent was started with, and for nobody below its least quality', async () => {
    const requester = await world.stand(1).start()
    for (const [number, conditions] of [
      [2, { maxStake: 0.5 }],
      [3, { minPanel: 1 }],
      [4, { minQuality: 301 }],
    ] as const) {
      const worker = await world.stand(number).start(conditions)
      await world.clock.until(worker.serve('shout', (task) => task.text()).ready)
    }
    const refused = await world.clock.until(requester.hire('shout', 'hello', { stake: 1, wait: '5s' }))
    expect(await codeOf(refused)).toBe('hire/no-bids')
    const fitting = await world.clock.until(requester.hire('shout', 'hello', { stake: 0.5 }))
    expect((await settled(fitting)).worker).toBe(world.stand(2).parts.signer.key)
  })

  it('does not start with terms that nobody can mean', async () => {
    for (const wrong of [{ maxStake: -1 }, { minPanel: 11 }, { minQuality: 0.5 }, { minQuality: Number.NaN }]) {
      await expect(world.stand(9).start(wrong)).rejects.toMatchObject({ code: 'argument/invalid' })
    }
  })

  it('WIT-27: witnesses where it was told to, and no more when it leaves', async () => {
    const requester = await world.stand(1).start()
    const worker = await world.stand(2).start()
    await world.clock.until(worker.serve('shout', async (task) => task.text()).ready)
    const witnesses = [await world.stand(3).start({ witness: true }), await world.stand(4).start({ witness: true })]
    await world.stand(5).start()
    expect([...witnesses, worker].map((agent) => agent.status().witness)).toEqual([true, true, false])
    const panelOf = async (key: string): Promise<readonly string[]> => {
      await world.clock.pass(1_000)
      const job = await world.clock.until(requester.hire('shout', 'hello', { key }))
      await settled(job)
      return job.records().flatMap((record) => (record.type === 'award' ? record.body.panel : []))
    }
    const [first, second] = witnesses
    expect(witnesses.map(({ key }) => key)).toContainEqual((await panelOf('a'))[0])
    if (first !== undefined) await world.clock.until(first.close())
    // One that is left is too few for a panel: it may be the worker itself.
    expect(await panelOf('b')).toEqual([])
    expect(second?.status().witness).toBe(true)
  })

  it('accounts for a peer by any unique ending of its PeerId, and for a stranger by the whole one', async () => {
    // More keys than there are last characters: some two of them end alike.
    const anchors = Array.from({ length: 60 }, (_, n) => world.stand(100 + n).parts.signer.key)
    const agent = await world.stand(1).start({ anchors })
    const [first] = anchors
    if (first === undefined) throw new Error('there are 60')
    expect(agent.why(agentText(first)).because.agent).toBe(first)
    expect(agent.why(agentText(first).slice(-12)).because.capacity.grant).toBeGreaterThan(0)
    expect(agent.why(agentText(world.stand(99).parts.signer.key)).because.quality.quality).toBe(300)
    const ends = anchors.map((key) => agentText(key).slice(-1))
    const shared = ends.find((end, at) => ends.indexOf(end) < at) ?? ''
    expect(() => agent.why(shared)).toThrow(expect.objectContaining({ code: 'peer/ambiguous' }))
    for (const nobody of ['', 'nobody']) {
      expect(() => agent.why(nobody)).toThrow(expect.objectContaining({ code: 'peer/unknown' }))
    }
  })

  it('says how many anchors it trusts', async () => {
    const alone = await world.stand(1).start()
    const trusting = await world.stand(2).start({ anchors: [alone.key] })
    expect([alone.status().anchors, trusting.status().anchors]).toEqual([0, 1])
  })

  it('MKT-04: keeps hearing what others serve long after it met them', async () => {
    const { requester, worker } = await pair()
    await world.clock.until(worker.serve('shout', (task) => task.text()).ready)
    for (const seconds of [1, 70, 70, 70]) {
      await world.clock.pass(seconds * 1_000)
      expect(requester.skills().map(({ skill }) => skill)).toEqual(['shout'])
    }
  })

  it('returns all byte values, nothing, and JSON as they are', async () => {
    const { requester, worker } = await pair()
    worker.serve('echo', (task) => task.stream())
    worker.serve('count', async (task) => ({ bytes: (await task.bytes()).length }))
    const all = Uint8Array.from({ length: 256 }, (_, index) => index)
    const echoed = await settled(await world.clock.until(requester.hire('echo', all)))
    expect(await echoed.bytes()).toEqual(all)
    const empty = await settled(await world.clock.until(requester.hire('echo', new Uint8Array())))
    expect(empty.size).toBe(0)
    const counted = await settled(await world.clock.until(requester.hire('count', 'abc')))
    expect(await counted.json()).toEqual({ bytes: 3 })
    expect(counted.mediaType).toBe('application/json')
  })

  it('fetches payloads above the inline limit in both directions', async () => {
    const { requester, worker } = await pair()
    worker.serve('echo', (task) => task.stream())
    const large = new Uint8Array(300_000).map((_, index) => index % 251)
    const result = await settled(await world.clock.until(requester.hire('echo', large)))
    expect(await result.bytes()).toEqual(large)
  })

  it('is one job under one key, also when hired twice at the same moment', async () => {
    const { requester, worker } = await pair()
    let runs = 0
    worker.serve('shout', async (task) => {
      runs += 1
      return (await task.text()).toUpperCase()
    })
    const [one, two] = await world.clock.until(
      Promise.all([requester.hire('shout', 'a', { key: 'k' }), requester.hire('shout', 'a', { key: 'k' })]),
    )
    expect(one.task).toBe(two.task)
    await settled(one)
    const again = await world.clock.until(requester.hire('shout', 'a', { key: 'k' }))
    expect(again.task).toBe(one.task)
    expect(await (await settled(again)).text()).toBe('A')
    expect(runs).toBe(1)
  })

  it('refuses a key for another input or another skill, also at the same moment, and leaves the first task alone', async () => {
    const { requester, worker } = await pair()
    worker.serve('shout', async (task) => (await task.text()).toUpperCase())
    const first = requester.hire('shout', 'a', { key: 'k' })
    await expect(world.clock.until(requester.hire('shout', 'b', { key: 'k' }))).rejects.toMatchObject({
      code: 'job/key-taken',
    })
    const job = await world.clock.until(first)
    expect(await (await settled(job)).text()).toBe('A')
    await expect(world.clock.until(requester.hire('shout', 'b', { key: 'k' }))).rejects.toThrow(/input/)
    await expect(world.clock.until(requester.hire('whisper', 'a', { key: 'k' }))).rejects.toThrow(/skill/)
    expect(requester.jobs()).toHaveLength(1)
  })

  it('tells the whole story of a job from its first event each time', async () => {
    const { requester, worker } = await pair()
    worker.serve('shout', (task) => {
      task.progress(0.5, 'half')
      return 'DONE'
    })
    const job = await world.clock.until(requester.hire('shout', 'x'))
    const live = collect(job.events())
    await settled(job)
    const first = await world.clock.until(live)
    const story = ['offered', 'bid', 'awarded', 'accepted', 'delivered', 'approved', 'opened', 'settled']
    // What binds nobody is told to who listens, and not stored.
    expect(first).toEqual(story.toSpliced(4, 0, 'progress'))
    expect(await world.clock.until(collect(job.events()))).toEqual(story)
    const told = await world.clock.until(collect(worker.events()))
    expect(told[0]).toBe('ready')
  })

  it('says nobody bid, and says so differently when nobody was met', async () => {
    const requester = await world.stand(1).start()
    const alone = await world.clock.until(requester.hire('shout', 'x', { wait: '1s' }))
    expect(await codeOf(alone)).toBe('hire/no-peers')
    await world.stand(2).start()
    const unheard = await world.clock.until(requester.hire('shout', 'x', { wait: '1s' }))
    expect(await codeOf(unheard)).toBe('hire/no-bids')
  })

  it('says that nobody who bid is trusted with it', async () => {
    const { requester, worker } = await pair()
    worker.serve('shout', { price: 1 }, () => 'x')
    const job = await world.clock.until(requester.hire('shout', 'x', { wait: '1s', minQuality: 900 }))
    await expect(settled(job)).rejects.toMatchObject({
      code: 'hire/no-bids',
      message: 'shout: nobody who bid is trusted with it',
    })
  })

  it('does not bid above the budget, and a quote of null declines', async () => {
    const { requester, worker } = await pair()
    worker.serve('dear', { price: 20 }, () => 'x')
    worker.serve('picky', { quote: () => null }, () => 'x')
    expect(await codeOf(await world.clock.until(requester.hire('dear', 'x', { wait: '1s' })))).toBe('hire/too-dear')
    expect(await codeOf(await world.clock.until(requester.hire('picky', 'x', { wait: '1s' })))).toBe('hire/no-bids')
    expect(worker.contracts()).toEqual([])
  })

  it('takes the cheaper of two bids and says why', async () => {
    const { requester, worker } = await pair()
    const other = await world.stand(3).start()
    worker.serve('shout', { price: 3 }, () => 'dear')
    other.serve('shout', { price: 2 }, () => 'cheap')
    const job = await world.clock.until(requester.hire('shout', 'x'))
    const result = await settled(job)
    expect(await result.text()).toBe('cheap')
    const events = await world.clock.until(listOf(job.events()))
    const awarded = events.find((event) => event.event === 'awarded')
    expect(awarded?.event === 'awarded' && awarded.why.map((each) => each.price)).toEqual([2_000_000, 3_000_000])
  })

  it('ends with the task’s own failure, which is nobody’s fault', async () => {
    const { requester, worker } = await pair()
    worker.serve('divide', () => {
      throw new TaskFailed('exit-7', 'division by zero')
    })
    const job = await world.clock.until(requester.hire('divide', '0', { attempts: 1 }))
    expect(await codeOf(job)).toBe('hire/task-failed')
    expect(job.contracts()[0]).toMatchObject({
      outcome: { end: 'failed', party: null },
      failure: { code: 'exit-7', note: 'division by zero' },
    })
  })

  it('tries another worker when a handler throws', async () => {
    const { requester, worker } = await pair()
    const other = await world.stand(3).start()
    worker.serve('shout', { price: 1 }, () => {
      throw new Error('out of memory')
    })
    other.serve('shout', { price: 2 }, () => 'rescued')
    const result = await settled(await world.clock.until(requester.hire('shout', 'x')))
    expect(await result.text()).toBe('rescued')
    expect(result.generation).toBe(2)
  })

  it('checks a schema by itself and rejects what does not fit', async () => {
    const { requester, worker } = await pair()
    worker.serve('good', () => ({ n: 1 }))
    worker.serve('bad', () => ({ n: 'one' }))
    const schema = JSON.stringify({ type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] })
    const accept = { kind: 'schema', schema } as const
    await settled(await world.clock.until(requester.hire('good', 'x', { accept })))
    const job = await world.clock.until(requester.hire('bad', 'x', { accept, attempts: 1 }))
    expect(await codeOf(job)).toBe('hire/rejected')
    expect(job.contracts()[0]?.outcome).toMatchObject({ end: 'breached', party: worker.key, fault: 'BAD' })
  })

  it('asks the review callback, and takes a second delivery after a rejection', async () => {
    const { requester, worker } = await pair()
    worker.serve('draft', (task) => `version ${task.revision}`)
    const seen: string[] = []
    const job = await world.clock.until(
      requester.hire('draft', 'x', {
        revisions: 1,
        review: async (result) => {
          seen.push(await result.text())
          return seen.length === 1 ? { reject: 'once more' } : 'approve'
        },
      }),
    )
    expect(await (await settled(job)).text()).toBe('version 1')
    expect(seen).toEqual(['version 0', 'version 1'])
  })

  it('CON-13: gives a receipt for a delivery within 2δ, unless its answer comes first', async () => {
    const { requester, worker } = await pair()
    worker.serve('shout', () => 'X')
    const quick = await world.clock.until(requester.hire('shout', 'x'))
    await settled(quick)
    expect(quick.records().filter(({ type }) => type === 'receipt')).toEqual([])
    const slow = await world.clock.until(
      requester.hire('shout', 'x', {
        review: async () => {
          await world.clock.sleep(3_000)
          return 'approve' as const
        },
      }),
    )
    await settled(slow)
    const delivery = slow.records().find(({ type }) => type === 'deliver')
    const receipts = slow.records().filter(({ type, author }) => type === 'receipt' && author === requester.key)
    expect(receipts.map(({ body }) => 'entry' in body && body.entry)).toEqual([delivery?.id])
    const ackMs = 2 * profiles.lan.deltaMs
    expect((receipts[0]?.body.at ?? Infinity) - (delivery?.body.at ?? 0)).toBeLessThanOrEqual(ackMs)
  })

  it('approves just before the review clock runs out when nobody answers', async () => {
    const { requester, worker } = await pair()
    worker.serve('shout', () => 'X')
    const job = await world.clock.until(requester.hire('shout', 'x', { reviewCommand: 'true' }))
    await settled(job)
    expect(job.contracts()[0]).toMatchObject({ outcome: { end: 'settled' }, alleged: [] })
    expect(worker.contracts()[0]?.alleged).toEqual([])
  })

  it('puts a stored review before whoever can run it', async () => {
    const { requester, worker } = await pair()
    worker.serve('shout', () => 'X')
    const asked: unknown[] = []
    requester.setReviewer(async ({ memo, key }) => {
      asked.push({ memo, key })
      return { reject: 'the command says no' }
    })
    const job = await world.clock.until(
      requester.hire('shout', 'x', { key: 'k', reviewCommand: 'grep Y', memo: { out: 'f' }, attempts: 1 }),
    )
    expect(await codeOf(job)).toBe('hire/rejected')
    expect(asked).toEqual([{ key: 'k', memo: { review: { cmd: 'grep Y' }, app: { out: 'f' } } }])
  })

  it('refuses what no offer can say, and nothing comes of it', async () => {
    const requester = await world.stand(1).start()
    await expect(requester.hire('Bad Name', 'x')).rejects.toMatchObject({ code: 'argument/invalid' })
    await expect(requester.hire('shout', 'x', { deadline: 'soon' })).rejects.toMatchObject({ code: 'argument/invalid' })
    for (const wrong of [{ panel: 11 }, { panel: 0.5 }, { minQuality: -1 }, { minQuality: 1_001 }]) {
      await expect(requester.hire('shout', 'x', wrong)).rejects.toMatchObject({ code: 'argument/invalid' })
    }
    await expect(requester.hire('shout', 'x', { budget: -1 })).rejects.toMatchObject({ code: 'argument/invalid' })
    await expect(
      requester.hire('shout', 'x', { accept: { kind: 'schema', schema: '{"pattern":"a"}' } }),
    ).rejects.toMatchObject({ code: 'argument/invalid' })
    await expect(requester.hire('shout', 'x', { maxBids: 0 })).rejects.toThrow(/no offer can say this: .*maxBids/)
    expect(() => requester.serve('Bad Name', () => 'x')).toThrow(HaggleError)
    expect(requester.jobs()).toEqual([])
    expect(requester.status().halted).toBe(null)
  })

  it('withdraws an offer that nobody took', async () => {
    const requester = await world.stand(1).start()
    const job = await world.clock.until(requester.hire('shout', 'x'))
    await world.clock.until(job.cancel('changed my mind'))
    expect(await codeOf(job)).toBe('hire/cancelled')
  })

  it('finds a contract by key and by suffix, and serves its result', async () => {
    const { requester, worker } = await pair()
    worker.serve('shout', () => 'X')
    const job = await world.clock.until(requester.hire('shout', 'x', { key: 'invoice' }))
    await settled(job)
    const contract = requester.contract('invoice')
    expect(contract?.key).toBe('invoice')
    expect(await (await requester.result('invoice')).text()).toBe('X')
    expect(requester.taskRecords('invoice')[0]?.type).toBe('offer')
    expect(requester.contract('no-such-id')).toBe(undefined)
    await expect(requester.cancel('no-such-id')).rejects.toMatchObject({ code: 'task/unknown' })
  })

  it('lets the work finish within the drain, then leaves nothing behind', async () => {
    const { requester, worker } = await pair()
    let finish: (text: string) => void = () => {}
    worker.serve('slow', () => new Promise<string>((resolve) => (finish = resolve)))
    const job = await world.clock.until(requester.hire('slow', 'x'))
    await world.clock.until(worker.events({ follow: true })[Symbol.asyncIterator]().next())
    await world.clock.pass(2_000)
    const closing = worker.close({ drain: '20s' })
    finish('done')
    await world.clock.until(closing)
    expect(await (await settled(job)).text()).toBe('done')
    expect(() => worker.serve('late', () => 'x')).toThrow('the agent is closed')
    await world.end()
    expect(world.clock.armed).toBe(0)
  })

  it('gives back what is not finished within the drain', async () => {
    const { requester, worker } = await pair()
    const reasons: unknown[] = []
    worker.serve(
      'slow',
      (task) =>
        new Promise((_resolve, reject) =>
          task.signal.addEventListener('abort', () => {
            reasons.push(task.signal.reason)
            reject(new Error('stopped'))
          }),
        ),
    )
    const job = await world.clock.until(requester.hire('slow', 'x', { attempts: 1 }))
    await world.clock.pass(2_000)
    await world.clock.until(worker.close({ drain: '1s' }))
    expect(reasons).toHaveLength(1)
    expect(await codeOf(job)).toBe('hire/attempts')
    expect(job.contracts()[0]?.outcome).toMatchObject({ end: 'withdrawn', party: worker.key })
  })
})

async function collect(events: AsyncIterable<AgentEvent>): Promise<string[]> {
  return (await listOf(events)).map((event) => event.event)
}

async function listOf(events: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  const list: AgentEvent[] = []
  for await (const event of events) list.push(event)
  return list
}
