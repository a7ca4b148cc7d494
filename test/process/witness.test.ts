import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import { until } from './support/limit.ts'
import { linesOf } from './support/running.ts'
import { scenario } from './support/scenario.ts'
import { panelIn } from './support/shown.ts'
import type { Stage } from './support/stage.ts'

/** The PeerIds that witness, as far as an agent hears. */
async function witnesses(stage: Stage): Promise<readonly string[]> {
  const { stdout } = await stage.run(['peers', '--json'])
  // The command under test prints these; the tests look at their fields.
  const peers = linesOf(stdout).map((line) => JSON.parse(line) as { readonly peer: string; readonly witness: boolean })
  return peers.filter(({ witness }) => witness).map(({ peer }) => peer)
}

async function peerIdOf(stage: Stage, name: string): Promise<string> {
  const { stdout } = await stage.run(['status', '--as', name, '--json'])
  return String((JSON.parse(stdout.toString()) as { readonly peerId?: unknown }).peerId)
}

async function panelOf(path = ''): Promise<readonly string[]> {
  return panelIn(await readFile(path))
}

/** Of each delivery of a task file whether it went sealed. */
async function sealsIn(file: string): Promise<readonly boolean[]> {
  const { records } = JSON.parse(await readFile(file, 'utf8')) as {
    readonly records: readonly { readonly type: string; readonly view: { readonly sealedHash?: string | null } }[]
  }
  return records.filter(({ type }) => type === 'deliver').map(({ view }) => view.sealedHash !== null)
}

scenario(
  'agents that run witness for others unless they are told not to, and a hire says how many it wants',
  async ({ stage }) => {
    stage.witness = true
    await stage.up()
    for (const name of ['one', 'two', 'three']) await stage.up('--as', name)
    await stage.up('--as', 'quiet', '--no-witness')
    await stage.work('task', [], 'cat')
    const ids = await Promise.all(['one', 'two', 'three', 'task'].map((name) => peerIdOf(stage, name)))
    const heard = await until('four witnesses to be heard of', async () => {
      const found = await witnesses(stage)
      return found.length >= 4 ? found : undefined
    })
    expect([...heard].toSorted()).toEqual([...ids].toSorted())

    const [full, small, none] = ['full.json', 'small.json', 'none.json'].map((name) => stage.path(name))
    for (const [file = '', flags] of [
      [full, []],
      [small, ['--panel', '1']],
      [none, ['--panel', '0']],
    ] as const) {
      expectExit(await stage.run(['hire', 'task', file, '--save', file, ...flags]), 0)
      expectExit(await stage.run(['verify', file]), 0)
    }
    expect([...(await panelOf(full))].toSorted()).toEqual(ids.slice(0, 3).toSorted())
    expect(await panelOf(small)).toHaveLength(1)
    expect(await panelOf(none)).toEqual([])
  },
)

scenario(
  'a result goes sealed where a panel may be shown it, is read by whoever asked for it, and else goes as it is',
  async ({ stage }) => {
    stage.witness = true
    for (const name of ['up', 'one', 'two', 'three']) await stage.up('--as', name)
    await stage.work('task', [], 'cat')
    const sealed = stage.path('sealed.json')
    const large = stage.path('large.json')
    const text = 'for your eyes only'
    const hired = await stage.run(['hire', 'task', '--save', sealed], text)
    expectExit(hired, 0)
    expect(hired.stdout.toString()).toBe(text)
    expectExit(await stage.run(['hire', 'task', '--save', large], 'x'.repeat(70_000)), 0)
    for (const file of [sealed, large]) expectExit(await stage.run(['verify', file]), 0)
    expect(await sealsIn(sealed)).toEqual([true])
    expect(await sealsIn(large)).toEqual([false])
  },
)

scenario('a worker takes no task with fewer witnesses, or with more at stake, than it was told', async ({ stage }) => {
  const worker = await stage.work('task', ['--panel', '1', '--stake', '0.5'], 'cat')
  await stage.up()
  const hire = (...flags: readonly string[]) => stage.run(['hire', 'task', 'x', '--wait', '3s', ...flags])
  expectExit(await hire('--stake', '0.5'), 3)
  await worker.kill()
  await stage.work('task', ['--stake', '0.5'], 'cat')
  expectExit(await hire('--stake', '0.6'), 3)
  expectExit(await hire('--stake', '0.5'), 0)
  expectExit(await hire('--stake', '0.5', '--min-quality', '1000'), 3)
})

scenario('a hire that runs by itself meets its witnesses before it offers', async ({ stage }) => {
  stage.witness = true
  for (const name of ['one', 'two', 'three', 'four']) await stage.up('--as', name)
  await stage.work('task', [], 'cat')
  const file = stage.path('file.json')
  expectExit(await stage.run(['hire', 'task', 'x', '--save', file]), 0)
  expect(await panelOf(file)).toHaveLength(3)
})
