import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { regressions } from './traps/regressions.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

test('the fix of every trap stands in the built code as its regression knows it, so that it can be taken out', async () => {
  const edits = regressions.flatMap(({ id, without }) => without.map((edit) => ({ id, ...edit })))
  expect(edits.length).toBeGreaterThan(20)
  const stale: string[] = []
  for (const { id, file, text } of edits) {
    const code = await readFile(`${ROOT}${file}`, 'utf8')
    if (code.split(text).length !== 2) stale.push(`${id}: ${file} does not hold this exactly once: ${text}`)
  }
  expect(stale).toEqual([])
})
