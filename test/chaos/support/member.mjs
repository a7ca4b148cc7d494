// One agent of a storm, in a process of its own: it serves a skill and hires by a plan, and is killed at any moment. Started
// again it goes on: a job that it has hired is not hired again, a job that it may have hired is hired under the same key.
// Usage: node member.mjs HOME NAME PLAN
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { createAgent } from 'haggle'
import { flightRecorder } from '@haggle/node'
import { flightFiles } from '@haggle/node/system'

const [home = '', name = '', planFile = ''] = process.argv.slice(2)
const plan = JSON.parse(readFileSync(planFile, 'utf8'))
const { listen, peers, slots, workMs, jobs, terms } = plan

const flight = plan.flight
  ? flightRecorder(flightFiles(join(home, 'flight'), { maxBytes: 2 ** 28, onFailure: (cause) => console.error(cause) }))
  : undefined
const components = flight === undefined ? {} : { createEngine: flight.createEngine }
const agent = await createAgent({ name, home, listen, peers, mdns: false, components })
const ended = new Map()
let over = false

await agent.serve('echo', { slots }, async (task) => {
  const [least, most] = workMs
  await pause(least + Math.random() * (most - least), undefined, { signal: task.signal })
  return task.text()
}).ready

/** Written whole or not at all: whoever looks may look at any moment. */
function report() {
  const file = join(home, `${name}.status.json`)
  const counts = { over, ended: Object.fromEntries(ended) }
  writeFileSync(`${file}.new`, JSON.stringify(counts))
  renameSync(`${file}.new`, file)
}

async function see(key, at) {
  await pause(Math.max(0, at - Date.now()))
  let job = agent.job(key)
  if (job === undefined) {
    job = await agent.hire('echo', key, { ...terms, key })
    // From here on the job is durable: whoever reads this line finds it in the log.
    appendFileSync(join(home, `${name}.hired`), `${key}\n`)
  }
  await job.settled().then(
    () => ended.set(key, 'settled'),
    (error) => ended.set(key, String(error.code)),
  )
}

const all = Promise.all(jobs.map(({ key, at }) => see(key, at)))
const looking = setInterval(() => report(), 500)
process.once('SIGTERM', () => void leave())
process.stdout.write(`${JSON.stringify({ event: 'ready' })}\n`)
await all
over = true

async function leave() {
  clearInterval(looking)
  await agent.close()
  flight?.close()
  process.exit(0)
}
