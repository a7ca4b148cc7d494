// Agents of a swarm in one process, as `createAgent` makes them: every default of theirs. Tells its parent what they hear.
// Usage, by fork only: node swarm-member.mjs HOME SKILL AGENTS INDEX
import process from 'node:process'
import { createAgent } from 'haggle'

const [home = '', skill = '', agents = '1', index = '0'] = process.argv.slice(2)
const tell = (message) => process.send?.(message)

/** Of ten offers one has a bidder, and only one, which everybody can tell from the task. */
const bidderOf = (task) => {
  const number = Number.parseInt(task.slice(0, 8), 16)
  return number % 10 === 0 ? Math.floor(number / 10) % Number(agents) : -1
}

const quote = ({ task }) => (bidderOf(task) === Number(index) ? { price: 1 } : null)
const hired = { begun: 0, settled: 0, failed: [], refused: [] }

const agent = await createAgent({ name: `agent-${index}`, home })
await agent.serve(skill, { quote, slots: 8 }, (task) => task.text()).ready
tell({ kind: 'ready' })

const commands = {
  async offer({ key }) {
    const at = Date.now()
    const job = await agent.hire(skill, 'hello', { key }).catch((error) => hired.refused.push(String(error.code)))
    tell({ kind: 'offered', key, task: job.task ?? null, at })
    if (job.task === undefined) return
    const bidder = bidderOf(job.task)
    // An offer without a bidder, or whose bidder is its own author, ends without a worker: that is as it should be.
    const isHire = bidder >= 0 && bidder !== Number(index)
    if (isHire) hired.begun += 1
    await job.settled().then(
      () => (hired.settled += 1),
      (error) => isHire && hired.failed.push(String(error.code)),
    )
  },
  peers() {
    tell({ kind: 'peers', peers: agent.peers().length })
  },
  /** Task ids of others in the order of hearing, and when each was heard: whoever lets others bid first is asked for a quote later. */
  async heard() {
    const heard = { kind: 'heard', tasks: [], at: [] }
    for await (const event of agent.events()) {
      if (event.event !== 'offered' || event.key !== null) continue
      heard.tasks.push(event.task)
      heard.at.push(event.at)
    }
    tell(heard)
  },
  report() {
    const { user, system } = process.cpuUsage()
    const rss = process.memoryUsage.rss()
    tell({ kind: 'report', hired, cpuMs: (user + system) / 1000, rss })
  },
}

process.on('message', (message) => {
  // What fails here ends the process, and its parent says so.
  void commands[message.kind](message)
})
process.on('disconnect', () => process.exit(1))
