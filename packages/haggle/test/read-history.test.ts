import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAgentDirectory } from '@haggle/node/system'
import { expect, onTestFinished, test } from 'vitest'
import { readHistory } from '../src/check/read-history.ts'

async function agentDirectory(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'haggle-history-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const path = join(home, 'ada')
  await openAgentDirectory(path)
  return path
}

test('an agent that never ran has written down nothing', async () => {
  expect(await readHistory(await agentDirectory())).toMatchObject({ log: [], events: [] })
})

test('a store that leads nowhere is no clean history', async () => {
  const path = await agentDirectory()
  // Its volume is not mounted, say.
  await symlink('gone', join(path, 'store'))
  await expect(readHistory(path)).rejects.toThrow(path)
})
