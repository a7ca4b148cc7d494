import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { profiles } from '@haggle/core'
import type { Agent, AgentEvent, Job, Result, Task, TaskHandler } from '../src/index.ts'
import { World, type Stand } from './agents.ts'

describe('parts of a task', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  /** A requester, a worker with this handler for `whole`, and somebody who shouts. */
  async function trio(whole: TaskHandler, price = 5) {
    const requester = await world.stand(1).start()
    const stand = world.stand(2)
    const worker = await stand.start()
    const shouter = await world.stand(3).start()
    await world.clock.until(worker.serve('whole', { price }, whole).ready)
    await world.clock.until(shouter.serve('shout', async (task) => (await task.text()).toUpperCase()).ready)
    return { requester, stand, worker, shouter }
  }
  const hire = (agent: Agent, skill = 'whole'): Promise<Job> =>
    world.clock.until(agent.hire(skill, 'hello world', { attempts: 1 }))
  const settled = (job: Job): Promise<Result> => world.clock.until(job.settled())
  const failed = async (job: Job): Promise<unknown> => world.clock.until(job.settled().catch((error: unknown) => error))

  it('are done by others and come back to the handler', async () => {
    const { requester, worker, shouter } = await trio(async (task) => {
      const [first, second] = (await task.text()).split(' ')
      const one = await task.hire('shout', first ?? '', { budget: 2 })
      const two = await task.hire('shout', second ?? '', { budget: 2 })
      return `${await one.text()}-${await two.text()}`
    })
    const job = await hire(requester)
    expect(await (await settled(job)).text()).toBe('HELLO-WORLD')
    expect(worker.jobs()).toHaveLength(2)
    expect(shouter.contracts().every((each) => each.outcome?.end === 'settled')).toBe(true)
    for (const part of worker.jobs()) {
      const offer = part.records().find(({ type }) => type === 'offer')
      expect(offer?.type === 'offer' && offer.body.terms.parent).toBe(job.task)
    }
  })

  it('MKT-29: end before the due of the whole less G + 2δ, also when told a later deadline', async () => {
    let due = 0
    const { requester, worker } = await trio(async (task) => {
      due = task.deadline
      await task.hire('shout', 'a', { budget: 1 })
      await task.hire('shout', 'b', { budget: 1, deadline: '10m' })
      await task.hire('shout', 'c', { budget: 1, deadline: '5s' })
      return ''
    })
    await settled(await hire(requester))
    const { epsilonMs, deltaMs } = profiles.lan
    const latest = due - (2 * epsilonMs + deltaMs) - 2 * deltaMs
    const ends = worker.tasks().flatMap(({ job }) => (job === null ? [] : [job.endBy]))
    expect(ends.slice(0, 2)).toEqual([latest, latest])
    expect(ends[2]).toBeLessThan(latest - 10_000)
  })

  it('MKT-29: are worth no more than what is left of the price, each seeing what the others take', async () => {
    const codes: unknown[] = []
    const { requester, worker } = await trio(async (task) => {
      const parts = await Promise.allSettled([
        task.hire('shout', 'a', { budget: 2 }),
        task.hire('shout', 'b', { budget: 100 }),
        task.hire('shout', 'c', { budget: 1 }),
      ])
      for (const part of parts) if (part.status === 'rejected') codes.push(codeOf(part.reason))
      // A settled part costs its price, not its budget: of 5 credits two are spent.
      await task.hire('shout', 'd')
      return ''
    })
    await settled(await hire(requester))
    expect(codes).toEqual(['task/no-budget'])
    expect(worker.tasks().flatMap(({ job }) => (job === null ? [] : [job.value / 1_000_000]))).toEqual([2, 3, 3])
  })

  it('MKT-29: a task that is nearly due leaves no time for parts', async () => {
    let code: unknown
    const { requester } = await trio(async (task) => {
      await world.clock.sleep(task.remaining() - 2_000)
      code = await task.hire('shout', 'a').then(() => 'hired', codeOf)
      return ''
    })
    await settled(await hire(requester))
    expect(code).toBe('task/no-time')
  })

  it('MKT-30: a handler that runs again after a crash finds its part again', async () => {
    let runs = 0
    let answer: (text: string) => void = () => {}
    const whole: TaskHandler = async (task) => `got ${await (await task.hire('slow', 'part')).text()}`
    const { requester, stand, shouter } = await trio(whole)
    const slow = (): Promise<string> => {
      runs += 1
      return new Promise((resolve) => (answer = resolve))
    }
    await world.clock.until(shouter.serve('slow', slow).ready)
    const job = await hire(requester)
    await world.clock.pass(3_000)
    const next = await world.clock.until(stand.crashed())
    const again = await next.start()
    await world.clock.until(again.serve('whole', { price: 5 }, whole).ready)
    await world.clock.pass(2_000)
    answer('it')
    expect(await (await settled(job)).text()).toBe('got it')
    expect(runs).toBe(1)
    expect(again.jobs()).toHaveLength(1)
  })

  it('MKT-30: the same part again is a second job within one run, and a failed one is hired anew', async () => {
    let shouts = 0
    const { requester, worker, shouter } = await trio(async (task) => {
      const missing = await task.hire('later', 'x', { wait: '1s', budget: 1 }).then(
        () => 'hired',
        (error: unknown) => String(codeOf(error)),
      )
      shouter.serve('later', () => `later ${(shouts += 1)}`)
      const one = await task.hire('later', 'x', { budget: 1 })
      const two = await task.hire('later', 'x', { budget: 1 })
      const named = await task.hire('later', 'x', { budget: 1, key: 'mine' })
      const same = await task.hire('later', 'x', { budget: 1, key: 'mine' })
      return [missing, await one.text(), await two.text(), await named.text(), await same.text()]
    })
    expect(await (await settled(await hire(requester))).json()).toEqual([
      'hire/no-bids',
      'later 1',
      'later 2',
      'later 3',
      'later 3',
    ])
    expect(worker.jobs()).toHaveLength(4)
  })

  it('MKT-30: a part that came to nothing is hired anew by the next run, one that settled is not', async () => {
    const { requester, worker, shouter } = await trio(async (task) => {
      const one = await task.hire('shout', 'x', { budget: 1 })
      const two = await task.hire('later', 'x', { budget: 1, wait: '1s' }).then((found) => found.text(), codeOf)
      return `${await one.text()} ${String(two)}`
    })
    const seen: string[] = []
    const review = async (result: Result): Promise<'approve' | 'reject'> => {
      seen.push(await result.text())
      shouter.serve('later', () => 'done')
      return seen.length === 1 ? 'reject' : 'approve'
    }
    const job = await world.clock.until(requester.hire('whole', 'x', { revisions: 1, review }))
    await settled(job)
    expect(seen).toEqual(['X hire/no-bids', 'X done'])
    expect(worker.jobs().map(({ skill }) => skill)).toEqual(['shout', 'later', 'later'])
  })

  /** A task whose one part never ends, until something else does. */
  async function hanging(): Promise<Awaited<ReturnType<typeof trio>> & { job: Job; stopped: string[] }> {
    const stopped: string[] = []
    const all = await trio((task) => waitFor(task, stopped))
    all.shouter.serve('hang', (task) => new Promise((_resolve, reject) => onAbort(task, reject, stopped)))
    const job = await hire(all.requester)
    await world.clock.pass(4_000)
    expect(all.shouter.contracts()).toMatchObject([{ opened: true, outcome: null }])
    return { ...all, job, stopped }
  }

  it('MKT-31: are cancelled when the whole is cancelled', async () => {
    const { job, worker, shouter, stopped } = await hanging()
    await world.clock.until(job.cancel('enough'))
    expect(codeOf(await failed(job))).toBe('hire/cancelled')
    await world.clock.pass(3_000)
    expect(stopped).toContain('whole')
    expect(shouter.contracts()[0]?.outcome?.end).toBe('cancelled')
    expect(worker.jobs()[0]?.state()).toMatchObject({ kind: 'ended', code: 'hire/cancelled' })
  })

  it('MKT-31: are cancelled when the whole is given back', async () => {
    const { requester, shouter } = await trio(async (task) => {
      void task.hire('hang', 'x').catch(() => {})
      await world.clock.sleep(3_000)
      throw task.withdraw('changed my mind')
    })
    shouter.serve('hang', (task) => new Promise((_resolve, reject) => onAbort(task, reject, [])))
    expect(codeOf(await failed(await hire(requester)))).toBe('hire/attempts')
    await world.clock.pass(3_000)
    expect(shouter.contracts().map(({ outcome }) => outcome?.end)).toEqual(['cancelled'])
  })

  it('MKT-31: are cancelled after a restart too, when nobody runs the handler any more', async () => {
    const { job, shouter, stand } = await hanging()
    const next: Stand = await world.clock.until(stand.crashed())
    await world.clock.until(job.cancel('enough'))
    const again = await next.start()
    await world.clock.pass(4_000)
    expect(again.contracts().find(({ role }) => role === 'worker')?.outcome?.end).toBe('cancelled')
    expect(again.jobs()[0]?.state()).toMatchObject({ kind: 'ended', code: 'hire/cancelled' })
    expect(shouter.contracts()[0]?.outcome?.end).toBe('cancelled')
  })
})

describe('progress', () => {
  let world: World
  beforeEach(() => void (world = new World()))
  afterEach(() => world.end())

  it('is told to the worker at once and to the requester within a second, and is not stored', async () => {
    const requester = await world.stand(1).start()
    const worker = await world.stand(2).start()
    worker.serve('slow', async (task) => {
      for (let part = 1; part <= 9; part += 1) {
        task.progress(part / 10, `part ${part}`)
        await world.clock.sleep(300)
      }
      task.progress(Number.NaN)
      return 'done'
    })
    const here: AgentEvent[] = []
    void collect(worker.events({ follow: true }), here)
    const job = await world.clock.until(requester.hire('slow', 'x'))
    const told: AgentEvent[] = []
    const telling = collect(job.events(), told)
    await world.clock.until(job.settled())
    await world.clock.until(telling)
    const heard = told.flatMap((event) => (event.event === 'progress' ? [event] : []))
    expect(heard.map(({ fraction }) => fraction)).toEqual([0.1, 0.4, 0.7])
    expect(heard[0]).toMatchObject({ note: 'part 1', role: 'requester', peer: worker.key, seq: null, generation: 1 })
    expect(here.filter(({ event }) => event === 'progress')).toHaveLength(10)
    const again: AgentEvent[] = []
    await world.clock.until(collect(job.events(), again))
    expect(again.map(({ event }) => event)).not.toContain('progress')
  })
})

function waitFor(task: Task, stopped: string[]): Promise<string> {
  task.signal.addEventListener('abort', () => stopped.push('whole'))
  return task.hire('hang', 'x').then((result) => result.text())
}

function onAbort(task: Task, reject: (error: Error) => void, stopped: string[]): void {
  task.signal.addEventListener('abort', () => {
    stopped.push('part')
    reject(new Error('stopped'))
  })
}

async function collect(events: AsyncIterable<AgentEvent>, into: AgentEvent[]): Promise<void> {
  for await (const event of events) into.push(event)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error
}
