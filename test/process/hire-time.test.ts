import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { expectExit } from './support/expect-exit.ts'
import { scenario } from './support/scenario.ts'

const TIMES = 10

scenario('strangers hire a ready worker, ten times, and the file verifies', async ({ stage }) => {
  await stage.work('shout', [], 'tr', 'a-z', 'A-Z')
  const spans: number[] = []
  for (let time = 0; time < TIMES; time += 1) {
    const file = stage.path(`c${time}.json`)
    // The first has no flag that names it, as in the README; each of the others is as new to the worker as the first.
    const name = time === 0 ? [] : ['--as', `stranger-${time}`]
    const began = performance.now()
    const hired = await stage.run(['hire', 'shout', '--deadline', '10s', '--save', file, ...name], 'hello\n')
    spans.push(performance.now() - began)
    expectExit(hired, 0)
    expect(hired.stdout.toString()).toBe('HELLO\n')

    const verified = await stage.run(['verify', file])
    expect(verified.code).toBe(0)
    expect(verified.stdout.toString()).toMatch(
      /requester: 12D3\w+[^]+worker: +12D3\w+[^]+terms: +shout, input 6 bytes[^]+outcome: +settled/,
    )
    const { contracts } = await stage.verdicts(await readFile(file))
    expect(contracts).toMatchObject([{ end: 'settled', generation: 1 }])
  }
  const sorted = spans.map((span) => Math.round(span)).toSorted((a, b) => a - b)
  const median = Math.round(((sorted[TIMES / 2 - 1] ?? 0) + (sorted[TIMES / 2] ?? 0)) / 2)
  process.stdout.write(
    `hire: median ${median} ms, worst ${sorted.at(-1) ?? 0} ms of ${TIMES} (goal: a median of 2000 ms)\n`,
  )
})
