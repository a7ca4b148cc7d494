import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Agent } from '@haggle/node'
import { createAgent } from '../create-agent.ts'
import { taxJson } from '../view/tax-view.ts'
import { playAuditor } from './auditor.ts'
import { AUDITOR, guests, requesters, ringKeys, workers } from './cast.ts'
import { playDenier, playRing, playSlanderer } from './guests.ts'
import { actorSpec, say, taxReport } from './message.ts'
import { playRequester } from './requester.ts'
import { playWorker } from './worker.ts'

// The entry of one process of the bazaar: an agent like any other, made with the SDK, that tells its parent on stdout what
// happens. A line on stdin opens the market; the end of stdin, also by the parent's death, ends the process.

/** How often an actor looks whether it has heard of everybody, and for how long: a panel that it does not know it declines. */
const LOOK_MS = 100
const PATIENCE_MS = 5_000

const spec = actorSpec.parse(JSON.parse(process.argv[2] ?? ''))
// Ctrl-C reaches the whole group of a terminal; the parent alone answers it, and closes our stdin.
process.on('SIGINT', () => undefined)
process.stdout.on('error', () => process.exit(1))

const stdin = createInterface({ input: process.stdin })
stdin.once('close', () => void leave())
const lines = stdin[Symbol.asyncIterator]()
const requester = requesters.find((name) => name === spec.name)
const worker = workers.find(({ name }) => name === spec.name)
const guest = guests.find((name) => name === spec.name)
const agents: Agent[] = []

// Those who trade witness for each other; who came for something else does not.
for (const name of spec.name === 'ring' ? ringKeys : [spec.name]) {
  agents.push(
    await createAgent({
      ...{ name, network: spec.network, home: spec.home, peers: spec.peers, mdns: false },
      listen: ['/ip4/127.0.0.1/tcp/0'],
      witness: guest === undefined && spec.name !== AUDITOR,
      ...(spec.genesis === null ? {} : { genesis: spec.genesis }),
    }),
  )
}
const [agent] = agents
if (agent !== undefined) await play(agent)

async function play(first: Agent): Promise<void> {
  if (worker !== undefined) await playWorker(first, worker, spec.files)
  for (const each of agents)
    say({ say: 'ready', agent: each.name, peerId: each.peerId, addresses: [...each.addresses()] })
  if (spec.name === AUDITOR) return playAuditor(first)
  await everybodyIsKnown(first)
  say({ say: 'met' })
  await lines.next()
  if (requester !== undefined) await playRequester(first, requester, spec)
  if (guest === 'denier') await playDenier(first, spec)
  if (guest === 'slanderer') await playSlanderer(first, spec)
  if (guest === 'ring') await playRing(agents, spec)
}

async function everybodyIsKnown(first: Agent): Promise<void> {
  const known = (): number => {
    const connected = first.peers().filter(({ witness }) => witness)
    return new Set([...connected.map(({ key }) => key), ...first.skills().map((row) => row.agent)]).size
  }
  for (let waited = 0; known() < spec.witnesses - 1 && waited < PATIENCE_MS; waited += LOOK_MS) await pause(LOOK_MS)
}

async function leave(): Promise<void> {
  // What an actor counted is worth a word, never a delay of its leaving.
  const counted = await Promise.all(agents.map((each) => each.tax().catch(() => [])))
  say({ say: 'tax', tasks: counted.flat().map((tax) => taxReport.parse(taxJson(tax))) })
  // Whoever is told to leave before it has started has nothing to close.
  await Promise.all(agents.map((each) => each.close({ reason: 'the bazaar is over' })))
  process.exit(0)
}
