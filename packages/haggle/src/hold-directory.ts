import {
  controlSocketPath,
  serveControl,
  takeHolder,
  type AgentDirectory,
  type ControlChannel,
} from '@haggle/node/system'
import type { Journal } from '@haggle/ports'

/**
 * Makes this process the one that others find in an agent's directory. The hold belongs to the journal, whose lock guards
 * it: closing the journal that this returns gives both free, the socket first.
 */
export async function holdDirectory(
  directory: AgentDirectory,
  journal: Journal,
  serve: (channel: ControlChannel) => Promise<void>,
): Promise<Journal> {
  const socketPath = await controlSocketPath(directory.path)
  const server = await serveControl({ socketPath, onConnection: serve })
  try {
    const hold = await takeHolder(directory.path, { socket: socketPath })
    return {
      commit: (writes, durable) => journal.commit(writes, durable),
      read: (table, from) => journal.read(table, from),
      prune: (table, before) => journal.prune(table, before),
      keep: (hash, bytes) => journal.keep(hash, bytes),
      kept: (hash) => journal.kept(hash),
      diskWrites: () => journal.diskWrites?.(),
      async close() {
        await hold.release()
        await server.close()
        await journal.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}
