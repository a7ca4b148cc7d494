import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Agent } from '@haggle/node'
import { createAgent } from '../create-agent.ts'
import { requesters, workers } from './cast.ts'
import { actorSpec, say, taxReport } from './message.ts'
import { playRequester } from './requester.ts'
import { playWorker } from './worker.ts'
import { taxJson } from '../view/tax-view.ts'

// The entry of one process of the bazaar: an agent like any other, made with the SDK, that tells its parent on stdout what
// happens. A line on stdin opens the market; the end of stdin, also by the parent's death, ends the process.

const spec = actorSpec.parse(JSON.parse(process.argv[2] ?? ''))
// Ctrl-C reaches the whole group of a terminal; the parent alone answers it, and closes our stdin.
process.on('SIGINT', () => undefined)
process.stdout.on('error', () => process.exit(1))

let agent: Agent | undefined
const stdin = createInterface({ input: process.stdin })
const opened = once(stdin, 'line')
void once(stdin, 'close').then(leave)

agent = await createAgent({
  name: spec.name,
  network: spec.network,
  home: spec.home,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  peers: spec.peers,
  mdns: false,
  witness: true,
})

const requester = requesters.find((name) => name === spec.name)
const worker = workers.find(({ name }) => name === spec.name)
if (worker !== undefined) await playWorker(agent, worker)
say({ say: 'ready', peerId: agent.peerId, addresses: [...agent.addresses()] })
if (requester !== undefined) {
  await opened
  await playRequester(agent, requester, spec)
}

async function leave(): Promise<void> {
  // What an actor counted is worth a word, never a delay of its leaving.
  const counted = await agent?.tax().catch(() => [])
  if (counted !== undefined) say({ say: 'tax', tasks: counted.map((tax) => taxReport.parse(taxJson(tax))) })
  // Whoever is told to leave before it has started has nothing to close.
  await agent?.close({ reason: 'the bazaar is over' })
  process.exit(0)
}
