// A requester whose engine never sees a delivery, nor a word of the panel that there was one: it receipts nothing, reviews
// nothing, and asks the panel where the work is. Usage: denier SKILL WITNESSES TASKS DEADLINE.
import { setTimeout as pause } from 'node:timers/promises'
import { createEngine, type Engine, type Input } from '@haggle/core'
import { createAgent } from 'haggle'
import { GENESIS } from '../support/genesis.ts'
import { companyOf, say } from './say.ts'

const [skill = '', witnesses = '', tasks = '', deadline = ''] = process.argv.slice(2)
const APART_MS = 1_000

function isDenied(input: Input): boolean {
  if (input.kind !== 'record') return false
  const { type, body } = input.record
  return type === 'deliver' || (type === 'vote' && body.verdict === 'timely')
}

/** Answers as if what it denies had been somebody else's. */
function blindTo(engine: Engine): Engine {
  const handle: Engine['handle'] = (input) =>
    isDenied(input)
      ? { answer: { ok: false, refusal: 'record/not-for-us', note: 'not seen' }, effects: [] }
      : engine.handle(input)
  return { ...engine, handle }
}

const agent = await createAgent({
  name: 'me',
  genesis: GENESIS,
  components: { createEngine: (identity) => blindTo(createEngine(identity)) },
})
say('ready', { peerId: agent.peerId })
await companyOf(agent, Number(witnesses))
for (let n = 1; n <= Number(tasks); n += 1) {
  // Apart, so that they are not due in one moment.
  await pause(APART_MS)
  await agent.hire(skill, `task ${n}`, { key: `task-${n}`, deadline: `${Number(deadline)}s`, attempts: 1 })
}
say('hired')
