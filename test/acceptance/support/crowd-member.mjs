// Some agents of a crowd in one process, as `createAgent` makes them. Tells its parent how often they awarded and opened.
// Usage, by fork only: node crowd-member.mjs HOME SKILL FIRST COUNT; agent 0 is the worker that all of them want.
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as passing } from 'node:timers/promises'
import { createAgent } from 'haggle'

const [home = '', skill = '', first = '0', count = '1'] = process.argv.slice(2)
const tell = (message) => process.send?.(message)
/** Longer than anybody listens before it opens. */
const WORK_MS = 90_000

const numbers = Array.from({ length: Number(count) }, (_, index) => Number(first) + index)
const agents = await Promise.all(
  numbers.map((number) => createAgent({ name: `agent-${number}`, home: join(home, `${number}`) })),
)
const [worker] = agents
if (first === '0')
  await worker.serve(skill, { price: 1, slots: 64 }, async (task) => {
    await passing(WORK_MS, undefined, { signal: task.signal }).catch(() => undefined)
    return 'done'
  }).ready
tell({ kind: 'ready' })

const hire = async (agent, { stake, profile }) => {
  const terms = { key: 'wanted', budget: 20, stake, profile, deadline: '300s', wait: '60s', attempts: 1, panel: 0 }
  const job = await agent.hire(skill, 'hello', terms)
  // How it ends is not what is asked here.
  job.settled().catch(() => undefined)
}

const commands = {
  peers() {
    tell({ kind: 'peers', peers: Math.min(...agents.map((agent) => agent.peers().length)) })
  },
  async hire(wanted) {
    await Promise.all(agents.map((agent) => hire(agent, wanted)))
    tell({ kind: 'hired' })
  },
  /** When each agent awarded and was accepted, and from when until when a contract of it bound the worker: milliseconds since 1970. */
  async seen() {
    const seen = { awarded: [], accepted: [], bound: [] }
    for (const agent of agents) {
      const bound = new Map()
      for await (const { event, at, contract, end, party, peer } of agent.events()) {
        seen[event]?.push(at)
        if (event === 'opened') bound.set(contract, { from: at, until: null })
        // What the worker has lost it stands for as before.
        else if (end != null && party !== peer && bound.has(contract)) bound.get(contract).until = at
      }
      seen.bound.push(...bound.values())
    }
    tell({ kind: 'seen', ...seen })
  },
}

process.on('message', (message) => {
  // What fails here ends the process, and its parent says so.
  void commands[message.kind](message)
})
process.on('disconnect', () => process.exit(1))
