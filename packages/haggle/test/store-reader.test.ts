import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '@haggle/journal'
import { openAgentDirectory } from '@haggle/node/system'
import { expect, onTestFinished, test } from 'vitest'
import { readStore } from '../src/cli/store-reader.ts'
import { createAgent } from '../src/create-agent.ts'

test('the story of an agent that nobody runs is read as it was stored, and looking adds nothing to it', async () => {
  const home = await mkdtemp(join(tmpdir(), 'haggle-reader-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const agent = await createAgent({ name: 'ada', home, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false })
  await agent.hire('shout', 'hello', { deadline: '30s' })
  await agent.close()

  const directory = await openAgentDirectory(join(home, 'ada'))
  for (let looks = 0; looks < 2; looks += 1) {
    const journal = await openJournal(directory.storePath)
    const reader = await readStore(directory, journal, { name: 'ada', network: 'haggle', anchors: [] })
    const told: string[] = []
    for await (const { event } of reader.events()) told.push(event)
    await journal.close()
    expect(told.filter((event) => event === 'ready')).toHaveLength(1)
    expect(told).toContain('offered')
  }
})
