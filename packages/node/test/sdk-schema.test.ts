import type { StandardSchemaV1 } from '@standard-schema/spec'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import type { Agent, HireTerms, Job, PayloadSource, Task } from '../src/index.ts'
import { World } from './agents.ts'

/** A schema of no library: an even number, taken as a number, given on halved. Asynchronous, and without a JSON Schema. */
const even: StandardSchemaV1<number, { readonly half: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      Promise.resolve(
        typeof value === 'number' && value % 2 === 0
          ? { value: { half: value / 2 } }
          : { issues: [{ message: 'not even', path: [{ key: 'a' }, 0] }] },
      ),
  },
}
const order = z.object({ text: z.string().min(1), to: z.enum(['de', 'fr']) })

describe('skills with Standard Schemas', () => {
  let world: World
  let requester: Agent
  let worker: Agent
  beforeEach(async () => {
    world = new World()
    requester = await world.stand(1).start()
    worker = await world.stand(2).start()
  })
  afterEach(() => world.end())

  const hire = (skill: string, input: PayloadSource, terms: HireTerms = {}): Promise<Job> =>
    world.clock.until(requester.hire(skill, input, { attempts: 1, ...terms }))
  const json = async (job: Job): Promise<unknown> => (await world.clock.until(job.settled())).json()
  const endOf = async (job: Job): Promise<unknown> => {
    const error: unknown = await world.clock.until(job.settled().catch((reason: unknown) => reason))
    return error instanceof Error && 'code' in error ? error.code : error
  }

  it('hand the handler its checked input, typed', async () => {
    worker.serve('translate', { input: order }, ({ input }) => {
      expectTypeOf(input).toEqualTypeOf<{ text: string; to: 'de' | 'fr' }>()
      return `${input.to}: ${input.text}`
    })
    worker.serve('halve', { input: even, output: z.object({ half: z.number() }) }, (task) => {
      expectTypeOf(task.input).toEqualTypeOf<{ readonly half: number }>()
      return task.input
    })
    const job = await hire('translate', { text: 'hello', to: 'de' })
    expect(await (await world.clock.until(job.settled())).text()).toBe('de: hello')
    expect(await json(await hire('halve', 42))).toEqual({ half: 21 })
  })

  it('fail a task with the code `input` before the handler runs, finally', async () => {
    let runs = 0
    worker.serve('translate', { input: order }, () => `${(runs += 1)}`)
    worker.serve('halve', { input: even }, () => `${(runs += 1)}`)
    for (const [skill, input, note] of [
      ['translate', { text: '', to: 'de' }, 'text: Too small: expected string to have >=1 characters'],
      ['translate', new Uint8Array([0xff, 0xfe]), 'the input is not text in UTF-8'],
      ['halve', 41, 'a.0: not even'],
    ] as const) {
      const job = await hire(skill, input, { attempts: 3 })
      expect(await endOf(job)).toBe('hire/task-failed')
      expect(job.contracts().map(({ failure }) => failure)).toEqual([{ code: 'input', note }])
    }
    expect(runs).toBe(0)
  })

  it('read what is declared as JSON as a value, and anything else as text first', async () => {
    worker.serve('text', { input: z.string() }, (task) => [task.input])
    worker.serve('number', { input: z.number() }, (task) => [task.input])
    expect(await json(await hire('text', '42'))).toEqual(['42'])
    expect(await json(await hire('number', '42'))).toEqual([42])
    expect(await json(await hire('text', '"42"', { mediaType: 'application/json; charset=utf-8' }))).toEqual(['42'])
    expect(await endOf(await hire('text', '42', { mediaType: 'application/json' }))).toBe('hire/task-failed')
    expect(await endOf(await hire('text', '{', { mediaType: 'application/json' }))).toBe('hire/task-failed')
  })

  it('deliver what the output schema made of the result, and give back what it refuses', async () => {
    const output = z.object({ n: z.number().transform((n) => n + 1) })
    worker.serve('good', { output }, (task) => {
      expectTypeOf(task.input).toEqualTypeOf<undefined>()
      return { n: 1, secret: 'left out' }
    })
    // A handler in plain JavaScript may return anything.
    const wrong = (): { n: number } => JSON.parse('{"n":"one"}') as { n: number }
    worker.serve('bad', { output }, wrong)
    const good = await hire('good', 'x')
    expect(await json(good)).toEqual({ n: 2 })
    expect((await world.clock.until(good.settled())).mediaType).toBe('application/json')
    const bad = await hire('bad', 'x')
    expect(await endOf(bad)).toBe('hire/attempts')
    expect(bad.contracts()[0]?.outcome).toMatchObject({ end: 'withdrawn' })
  })

  it('say in the advert what they take, where that is short enough and the library can tell', async () => {
    const noteOf = async (skill: string): Promise<string | null | undefined> => {
      await world.clock.pass(1_000)
      return requester.skills().find((row) => row.skill === skill)?.note
    }
    worker.serve('zod', { input: z.object({ n: z.int().min(0) }) }, () => '')
    expect(await noteOf('zod')).toMatch(/^takes \{"type":"object","properties":\{"n":\{/)
    worker.serve('plain', { input: even }, () => '')
    expect(await noteOf('plain')).toBe(null)
    worker.serve('told', { input: even, inputJsonSchema: { type: 'number', multipleOf: 2 } }, () => '')
    expect(await noteOf('told')).toBe('takes {"type":"number","multipleOf":2}')
    worker.serve('own', { input: order, note: 'a text to translate' }, () => '')
    expect(await noteOf('own')).toBe('a text to translate')
    worker.serve('long', { input: z.object({ [`a${'b'.repeat(300)}`]: z.string() }) }, () => '')
    expect(await noteOf('long')).toBe(null)
    worker.serve('date', { input: z.date() }, () => '')
    expect(await noteOf('date')).toBe(null)
  })

  it('type-check what a handler takes and returns', () => {
    const wrongInput = (task: Task & { readonly input: string }): string => task.input
    // @ts-expect-error the schema gives an object, not a text
    worker.serve('a', { input: order }, wrongInput)
    // @ts-expect-error the schema wants a number
    worker.serve('b', { output: z.object({ n: z.number() }) }, () => ({ n: 'one' }))
    // @ts-expect-error without schemas there is no result that JSON cannot write
    worker.serve('c', {}, () => new Date())
    worker.serve('d', { slots: 2 }, async (task) => (await task.text()).toUpperCase())
    expect(worker.status().serving).toEqual(['a', 'b', 'c', 'd'])
  })

  it('judge a result by the schema its requester names: by anybody where the acceptance can say it', async () => {
    worker.serve('good', () => ({ half: 1 }))
    worker.serve('bad', () => ({ half: 'one' }))
    const output = z.object({ half: z.number() })
    const good = await hire('good', 'x', { output })
    await json(good)
    const offer = good.records().find((record) => record.type === 'offer')
    expect(offer?.body.terms.milestones[0]?.acceptance).toMatchObject({ kind: 'schema' })
    const bad = await hire('bad', 'x', { output })
    expect(await endOf(bad)).toBe('hire/rejected')
    expect(bad.contracts()[0]?.outcome).toMatchObject({ end: 'breached', fault: 'BAD' })
  })

  it('judge a result by this process where only the library knows the schema, before the caller’s own review', async () => {
    worker.serve('even', () => 4)
    worker.serve('odd', () => 3)
    worker.serve('none', () => 'no json')
    const seen: string[] = []
    const review: HireTerms['review'] = async (result) => {
      seen.push(await result.text())
      return seen.length === 2 ? 'reject' : 'approve'
    }
    expect(await json(await hire('even', 'x', { output: even, review }))).toBe(4)
    expect(await endOf(await hire('even', 'x', { output: even, review }))).toBe('hire/rejected')
    expect(await endOf(await hire('odd', 'x', { output: even, review }))).toBe('hire/rejected')
    expect(await endOf(await hire('none', 'x', { output: even, review }))).toBe('hire/rejected')
    expect(seen).toEqual(['4', '4'])
    await expect(
      world.clock.until(requester.hire('even', 'x', { output: even, accept: { kind: 'requester' } })),
    ).rejects.toMatchObject({ code: 'argument/invalid' })
  })
})
