import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Agent, HireTerms } from '@haggle/node'
import { HaggleError } from '@haggle/protocol'
import { pranks, ringKeys, ringPrice, terms, type Guest, type Prank } from './cast.ts'
import { say, type ActorSpec } from './message.ts'
import { exportTask, tell } from './requester.ts'
import { crafts } from './skills.ts'

/** The terms of somebody who does not want the result: the shortest that two busy cores keep without trouble. */
const hasty: HireTerms = { budget: terms.budget, deadline: 30_000, lease: 2_000, maxBids: 1 }
/** How long the denier gives the work; its review is due half of that, and two leases, after the delivery. */
const DENIED_MS = 2_000
const LOOK_MS = 100
/** What is snubbed has had its bid by then. */
const SNUBBED_WINDOW_MS = 15_000

/** Takes the work and never says a word about it. The file is exported by whom it owes the answer to. */
export async function playDenier(agent: Agent, spec: ActorSpec): Promise<void> {
  const acceptance = { kind: 'requester' } as const
  const milestones = [{ name: 'result', durationMs: DENIED_MS, valuePermille: 1_000, acceptance }]
  for (const prank of pranksOf('denier')) {
    const input = await readFile(join(spec.files, prank.file))
    const job = await agent.hire(prank.skill, input, {
      ...hasty,
      milestones,
      review: () => new Promise(() => undefined),
    })
    await tell(job, prank.label)
  }
}

/** Rejects good work for no reason that anybody could check, and lets a bidder wait for an award that never comes. */
export async function playSlanderer(agent: Agent, spec: ActorSpec): Promise<void> {
  for (const prank of pranksOf('slanderer')) {
    const isSnub = prank.label === 'snub'
    const input = await readFile(join(spec.files, prank.file))
    const job = await agent.hire(prank.skill, input, {
      ...hasty,
      ...(isSnub ? { maxBids: 64, bids: SNUBBED_WINDOW_MS } : {}),
      review: () => ({ reject: 'I have never seen worse' }),
    })
    const told = isSnub ? snub(job) : Promise.resolve()
    await Promise.all([tell(job, prank.label), told, job.settled().catch(expected)])
    await exportTask(agent, job, prank.label, spec.files)
  }
  say({ say: 'done', standings: [] })
}

async function snub(job: Awaited<ReturnType<Agent['hire']>>): Promise<void> {
  for await (const { event } of job.events()) if (event === 'bid') await job.cancel('I was only asking')
}

/** Three keys that settle contracts with each other, and then bid as if that were worth something. */
export async function playRing(agents: readonly Agent[], spec: ActorSpec): Promise<void> {
  const keys = agents.map((agent, index) => ({ agent, flattery: `flattery-${'abc'[index] ?? ''}` }))
  // Friends do not wait until the market brings them together.
  for (const { agent } of keys)
    for (const other of agents) if (other !== agent) await agent.dial(other.addresses()[0] ?? '')
  for (const { agent, flattery } of keys) await agent.serve(flattery, { price: ringPrice }, () => 'splendid').ready
  for (const [index, prank] of pranksOf('ring').entries()) {
    const agent = agents[index % ringKeys.length]
    if (agent === undefined) return
    // Its friend's advert is as young as the skill.
    while (!agent.skills().some(({ skill }) => skill === prank.skill)) await pause(LOOK_MS)
    const job = await agent.hire(prank.skill, await readFile(join(spec.files, prank.file)), hasty)
    await Promise.all([tell(job, prank.label), job.settled().catch(expected)])
    await exportTask(agent, job, prank.label, spec.files)
  }
  say({ say: 'praised' })
  for (const agent of agents) {
    const work = agent.serve('concordance', { price: ringPrice }, async (task) =>
      crafts.concordance(await task.bytes()),
    )
    await work.ready
  }
}

function pranksOf(guest: Guest): readonly Prank[] {
  return pranks.filter(({ by }) => by === guest)
}

/** That a task is not settled is what these are here for; anything else is not. */
function expected(error: unknown): void {
  if (!(error instanceof HaggleError)) throw error
}
