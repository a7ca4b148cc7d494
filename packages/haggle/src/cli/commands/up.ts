import { openAgentDirectory } from '@haggle/node/system'
import type { UpFlags } from '../command-flags.ts'
import { agentPath, haggleHome } from '../../home.ts'
import { localSession } from '../local-session.ts'
import { DEFAULT_AGENT } from '../on-agent.ts'
import { takePlace } from '../place.ts'
import { runAgent } from '../running-agent.ts'
import { nextEvent, serveUntilSignal } from '../serve-until-signal.ts'
import { writeReady } from './ready.ts'

/** `haggle up`: runs the agent without serving a command. */
export async function runUp(flags: UpFlags): Promise<number> {
  const name = flags.as ?? DEFAULT_AGENT
  const session = localSession({ catchSignals: true })
  const directory = await openAgentDirectory(agentPath(haggleHome(), name))
  const journal = await takePlace(directory.path, directory.storePath, name)
  const from = await nextEvent(journal)
  const running = await runAgent(directory, journal, name, flags, { witness: flags.witness })
  try {
    await writeReady(running, null, flags, session)
    return await serveUntilSignal(running, null, { json: flags.json === true, drainMs: flags.drain, from }, session)
  } finally {
    await running.stop('stopped')
  }
}
