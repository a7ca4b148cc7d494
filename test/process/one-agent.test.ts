import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { scenario } from './support/scenario.ts'
import type { Running } from './support/running.ts'
import type { Stage } from './support/stage.ts'

const KEYS = ['one', 'two', 'three']

/** Three shells hire at once; resolves when the worker has all three tasks in hand. */
async function threeAtOnce(stage: Stage, worker: Running): Promise<readonly Running[]> {
  const hiring = KEYS.map((key) => stage.start(['hire', 'shout', '--deadline', '60s', '--key', key], `hello ${key}`))
  await worker.many('opened', KEYS.length)
  return hiring
}

const expectAllDone = async (hiring: readonly Running[]): Promise<void> => {
  const ended = await Promise.all(hiring.map((each) => each.ended()))
  expect(ended.map(({ code, stdout, stderr }) => [code, stdout.toString(), stderr])).toEqual(
    KEYS.map((key) => [0, `HELLO ${key.toUpperCase()}`, '']),
  )
}

const listed = async (stage: Stage): Promise<readonly (readonly [string | null, string, string | null])[]> =>
  (await stage.contracts('me'))
    .map(({ key, contract, end }) => [key, contract, end] as const)
    .toSorted(([a], [b]) => KEYS.indexOf(a ?? '') - KEYS.indexOf(b ?? ''))

scenario('three hires at once attach to a running agent; its contracts outlive it', async ({ stage }) => {
  const worker = await stage.work('shout', ['--slots', '3'], ...stage.gated('go'))
  const up = await stage.up()
  const hiring = await threeAtOnce(stage, worker)
  const during = await listed(stage)
  expect(during.map(([key, , end]) => [key, end])).toEqual(KEYS.map((key) => [key, null]))

  await stage.openGate('go')
  await expectAllDone(hiring)
  const after = await listed(stage)
  expect(after).toEqual(during.map(([key, contract]) => [key, contract, 'settled']))

  await up.kill()
  expect(await listed(stage)).toEqual(after)
  const result = await stage.run(['contract', 'result', 'two'])
  expect([result.code, result.stdout.toString()]).toEqual([0, 'HELLO TWO'])
})

scenario('three hires at once with no agent running share the one that came first', async ({ stage }) => {
  const worker = await stage.work('shout', ['--slots', '3'], ...stage.gated('go'))
  const hiring = await threeAtOnce(stage, worker)
  const during = await listed(stage)
  expect(during.map(([key, , end]) => [key, end])).toEqual(KEYS.map((key) => [key, null]))

  await stage.openGate('go')
  await expectAllDone(hiring)
  expect(await listed(stage)).toEqual(during.map(([key, contract]) => [key, contract, 'settled']))
})

scenario(
  'when the hire that carries the others dies, they say so and the agent goes on from its store',
  async ({ stage }) => {
    const worker = await stage.work('shout', ['--slots', '3'], ...stage.gated('go'))
    const hiring = await threeAtOnce(stage, worker)
    const during = await listed(stage)
    // The file in which an agent says who runs it.
    const { pid } = JSON.parse(await readFile(stage.path('me/holder.json'), 'utf8')) as { readonly pid: number }
    const holder = hiring.find((each) => each.pid === pid)
    if (holder === undefined) throw new Error(`none of the three is process ${pid}`)
    await holder.kill()
    for (const each of hiring.filter((other) => other !== holder)) {
      const { code, stderr } = await each.ended()
      expect([code, stderr]).toEqual([1, expect.stringMatching(/haggle: .+\n {2}.+/)])
    }
    expect(await listed(stage)).toEqual(during)

    await stage.openGate('go')
    const up = await stage.up()
    await up.many('settled', KEYS.length)
    expect(await listed(stage)).toEqual(during.map(([key, contract]) => [key, contract, 'settled']))
  },
)
