import { createHash, randomFillSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { scenario } from './support/scenario.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const inputs: readonly (readonly [string, () => Uint8Array])[] = [
  ['all 256 byte values', () => Uint8Array.from({ length: 256 }, (_, value) => value)],
  ['nothing', () => new Uint8Array()],
  ['8 MB', () => randomFillSync(new Uint8Array(8 * 1024 * 1024))],
]

scenario.for(inputs)('%s, by files and by pipes', async ([, make], { stage }) => {
  const bytes = make()
  await stage.work('echo', [], 'cat')
  await writeFile(stage.path('in'), bytes)
  const flags = ['--deadline', '60s']

  const byFile = await stage.run(['hire', 'echo', '--input', 'in', '--out', 'out', ...flags])
  expect([byFile.code, byFile.stderr, byFile.stdout.length]).toEqual([0, '', 0])
  expect(sha256(await readFile(stage.path('out')))).toBe(sha256(bytes))

  const byPipe = await stage.run(['hire', 'echo', ...flags], bytes)
  expect([byPipe.code, byPipe.stderr]).toEqual([0, ''])
  expect(sha256(byPipe.stdout)).toBe(sha256(bytes))
})
