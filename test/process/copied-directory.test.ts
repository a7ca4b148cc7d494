import { cp } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import { scenario } from './support/scenario.ts'
import type { Stage } from './support/stage.ts'

/** A backup of an agent's directory, which nobody runs at that moment, under the name `copy`. */
async function copyOf(stage: Stage, name: string): Promise<void> {
  await cp(stage.path(name), stage.path('copy'), { recursive: true })
}

const typesBy = async (stage: Stage, name: string, contract: string): Promise<readonly string[]> => {
  const shown = await stage.show(name, contract)
  const self = shown.role === 'worker' ? shown.worker : shown.requester
  return (shown.records ?? []).flatMap(({ type, author }) => (author === self ? [type] : []))
}

scenario(
  'T-23: a copy of a worker that starts after the original went on signs nothing, and says why',
  async ({ stage }) => {
    await stage.up()
    const first = await stage.work('shout', [], ...stage.gated('go'))
    const hiring = stage.start(['hire', 'shout', '--key', 'task', '--deadline', '60s', '--lease', '20s'], 'hello')
    const { contract } = await first.event('opened')
    await stage.atGate('go')
    await first.kill()
    await copyOf(stage, 'shout')

    // The original delivers, and the requester is still looking at it when the copy takes the original's place.
    await stage.openGate('go')
    const original = await stage.work('shout', [], ...stage.gated('go'))
    await original.event('settled')
    expectExit(await hiring.ended(), 0)
    await original.kill()
    const signed = await typesBy(stage, 'shout', String(contract))
    expect(signed.filter((type) => type === 'deliver')).toHaveLength(1)
    const runs = await stage.runs('go')

    const copy = await stage.work('shout', ['--as', 'copy'], ...stage.gated('go'))
    await copy.event('overtaken', { contract })
    await copy.event('settled', { contract })
    expect(await stage.runs('go')).toBe(runs)
    expect(copy.events('delivered')).toEqual([])
    expect(await stage.show('copy', String(contract))).toMatchObject({ overtaken: true, end: 'settled' })
    // What it holds of its own key is what the original signed.
    const ids = async (name: string) =>
      (await stage.show(name, String(contract))).records?.map(({ id }) => id).toSorted()
    expect(await ids('copy')).toEqual(await ids('shout'))
    const { contracts } = await stage.verify('me', 'task')
    expect(contracts).toMatchObject([{ generation: 1, end: 'settled' }])

    // It is a worker like any other for what comes new.
    const next = await stage.run(['hire', 'shout', 'more', '--key', 'next', '--deadline', '30s'])
    expectExit(next, 0)
    expect(next.stdout.toString()).toBe('MORE')
  },
)

scenario('a copy of a requester whose contract was opened since leaves it alone, and says why', async ({ stage }) => {
  const worker = await stage.work('shout', [], ...stage.gated('go'))
  const task = ['--key', 'task', '--deadline', '60s', '--json']
  // Its bid window is open when it is killed: the copy holds the offer and no award.
  const first = stage.start(['hire', 'shout', '--bids', '4s', '--wait', '30s', ...task], 'hello')
  await first.event('bid')
  await first.kill()
  await copyOf(stage, 'me')
  const original = stage.start(['hire', 'shout', ...task], 'hello')
  // The stored offer counts, with its window.
  const { contract } = await worker.event('opened')
  await original.kill()

  const copy = await stage.run(['hire', 'shout', ...task, '--as', 'copy'], 'hello')
  expect(copy.stderr).toMatch(/another process has gone on with it[^]+backup/)
  expect(copy.code).toBe(78)
  expect(await stage.contracts('copy')).toMatchObject([{ contract, overtaken: true, end: null }])
  expect(worker.events('awarded')).toHaveLength(1)

  // The original comes back and finishes what it has begun.
  const up = await stage.up()
  await stage.openGate('go')
  await up.event('settled')
  expect((await stage.verify('me', 'task')).contracts).toMatchObject([{ generation: 1, end: 'settled' }])
  expect(worker.events('slashed')).toEqual([])
})
