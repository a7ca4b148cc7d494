import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openJournal } from '@haggle/journal'
import { agentText } from '@haggle/protocol'
import { NETWORK, type Played } from './played.ts'

/** Writes what agents of a played world have written down into directories like those of real ones; gives their paths. */
export async function record(played: readonly Played[], home: string): Promise<readonly string[]> {
  const paths: string[] = []
  for (const { name, seed, key, log, events } of played) {
    const path = join(home, name)
    await mkdir(path, { recursive: true, mode: 0o700 })
    await writeFile(join(path, 'FORMAT'), '1\n')
    await writeFile(join(path, 'config.json'), JSON.stringify({ port: 4001, network: NETWORK }))
    await writeFile(join(path, 'key'), `${Buffer.from(seed).toString('base64url')}\n${agentText(key)}\n`)
    await chmod(join(path, 'key'), 0o600)
    const journal = await openJournal(join(path, 'store'))
    const writes = [
      ...log.map(({ bytes }) => ({ table: 'log' as const, bytes })),
      ...events.map(({ bytes }) => ({ table: 'events' as const, bytes })),
    ]
    await journal.commit(writes, true)
    await journal.close()
    paths.push(path)
  }
  return paths
}
