import { createEngine, type Engine } from '@haggle/core'
import { startAgent, type Agent } from '@haggle/node'
import { ed25519Signer, ed25519Verify, resultCheck } from '@haggle/node/pure'
import { blobFiles, tieredBlobs, systemClock, systemEntropy, type AgentDirectory } from '@haggle/node/system'
import type { Journal, Network } from '@haggle/ports'
import type { AgentKey } from '@haggle/protocol'

/**
 * The agent of a store that nobody runs, for looking only: its engine takes what the log restores and nothing else, its
 * network is empty and its journal takes no writes. So nothing is decided, signed or sent by looking.
 */
export async function readStore(
  directory: AgentDirectory,
  journal: Journal,
  init: { readonly name: string; readonly network: string; readonly anchors: readonly AgentKey[] },
): Promise<Agent> {
  return startAgent(
    {
      createEngine: (engineInit) => restoredOnly(createEngine(engineInit)),
      network: noNetwork(),
      journal: readOnly(journal),
      blobs: tieredBlobs(journal, await blobFiles(directory.blobsPath)),
      clock: systemClock(),
      entropy: systemEntropy(),
      signer: ed25519Signer(directory.seed),
      verify: ed25519Verify,
      resultCheck,
    },
    init,
  )
}

function restoredOnly(engine: Engine): Engine {
  return {
    ...engine,
    handle: (input) =>
      input.kind === 'restored' || input.kind === 'recalled'
        ? engine.handle(input)
        : { answer: { ok: true, id: null }, effects: [] },
    nextWakeup: () => ({ wall: null, mono: null }),
  }
}

function readOnly(journal: Journal): Journal {
  return {
    // Without a number of its own nothing is taken for the newest of what is stored.
    commit: async () => [],
    read: (table, from) => journal.read(table, from),
    prune: async () => undefined,
    keep: () => undefined,
    kept: (hash) => journal.kept(hash),
    close: () => journal.close(),
  }
}

function noNetwork(): Network {
  return {
    start: async () => undefined,
    stop: async () => undefined,
    addresses: () => [],
    peers: () => [],
    dial: async () => undefined,
    subscribe: () => undefined,
    unsubscribe: () => undefined,
    listeners: () => 0,
    publish: async () => ({ recipients: 0 }),
    send: () => false,
    room: async () => false,
    fetchBlob: async () => Promise.reject(new Error('a store that is only read fetches nothing')),
  }
}
