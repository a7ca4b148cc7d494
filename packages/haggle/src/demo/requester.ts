import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Agent, HireTerms, Job } from '@haggle/node'
import { HaggleError, type HaggleRecord } from '@haggle/protocol'
import { taskFileOf } from '../task-file/write.ts'
import { eventView } from '../view/event-view.ts'
import { biddersOf, errands, ringKeys, taskFileName, terms, workersOf, type Errand } from './cast.ts'
import { say, type ActorSpec, type Standing } from './message.ts'
import { flawIn, gistOf, wordStatsSchema } from './skills.ts'

/** How often a requester looks whether everybody has arrived. */
const LOOK_MS = 100

/** Offers the requester's errands, each as soon as the one before it is over, and exports a task file of each. */
export async function playRequester(agent: Agent, name: Errand['requester'], spec: ActorSpec): Promise<void> {
  const own = errands.filter((each) => each.requester === name)
  await everybodyIsHere(agent, own, spec.without)
  const over = new Map<string, Promise<void>>()
  for (const errand of own) {
    const before = errand.after === undefined ? undefined : over.get(errand.after)
    over.set(
      errand.label,
      Promise.resolve(before).then(() => runErrand(agent, errand, spec)),
    )
  }
  await Promise.all(over.values())
  say({ say: 'done', standings: standings(agent) })
}

/** The story needs every bidder: the offers go out when all of them have announced their skills. */
async function everybodyIsHere(agent: Agent, own: readonly Errand[], without: readonly string[]): Promise<void> {
  const missing = (): boolean => {
    const here = agent.skills().map((row) => row.skill)
    return own.some(({ skill }) => here.filter((each) => each === skill).length < workersOf(skill, without).length)
  }
  while (missing()) await pause(LOOK_MS)
}

/** The ring bids once it has praised itself: whoever asks for quality waits for it. */
async function ringIsHere(agent: Agent, { skill, minQuality }: Errand, without: readonly string[]): Promise<void> {
  if (minQuality === undefined || without.includes('ring')) return
  const expected = workersOf(skill, without).length + ringKeys.length
  while (agent.skills().filter((row) => row.skill === skill).length < expected) await pause(LOOK_MS)
}

async function runErrand(agent: Agent, errand: Errand, { files, without }: ActorSpec): Promise<void> {
  const input = await readFile(join(files, errand.file))
  await ringIsHere(agent, errand, without)
  const job = await agent.hire(errand.skill, input, termsOf(errand, input, without))
  const telling = tell(job, errand.label)
  try {
    const result = await job.settled()
    await telling
    say({ say: 'result', errand: errand.label, gist: gistOf(errand.skill, input, await result.bytes()) })
  } catch (error) {
    // A task that nobody settles is part of the story; anything else is not.
    if (!(error instanceof HaggleError)) throw error
    say({ say: 'unsettled', errand: errand.label, code: error.code })
  }
  await exportTask(agent, job, errand.label, files)
}

/** The file is taken once both sides have signed off, so that it holds the closings too. */
export async function exportTask(agent: Agent, job: Job, label: string, files: string): Promise<void> {
  await job.acknowledged('5s')
  await saveTask(agent, job.records(), label, files)
}

/** Writes what one side holds of a task to where the files of the play lie. */
export async function saveTask(
  agent: Agent,
  records: readonly HaggleRecord[],
  label: string,
  files: string,
): Promise<void> {
  const path = join(files, taskFileName(label))
  await writeFile(path, await taskFileOf(agent, records))
  say({ say: 'file', errand: label, path })
}

export async function tell(job: Job, errand: string): Promise<void> {
  for await (const event of job.events()) say({ say: 'event', errand, event: eventView(event) })
}

function termsOf(errand: Errand, input: Uint8Array, without: readonly string[]): HireTerms {
  const { skill, workMs, minQuality = null } = errand
  const common: HireTerms = {
    budget: terms.budget,
    deadline: terms.deadlineMs,
    wait: terms.waitMs,
    lease: terms.leaseMs,
    bids: terms.bidWindowMs,
    maxBids: biddersOf(errand, without),
    minQuality,
  }
  // Objective acceptance: the file alone proves a bad result. Everything else is for the requester to look at.
  if (skill === 'wordstats') return { ...common, accept: { kind: 'schema', schema: wordStatsSchema } }
  const looked: HireTerms = {
    ...common,
    review: async (result) => {
      const flaw = flawIn(skill, input, await result.bytes())
      return flaw === null ? 'approve' : { reject: flaw }
    },
  }
  if (workMs === undefined) return looked
  const acceptance = { kind: 'requester' } as const
  return { ...looked, milestones: [{ name: 'result', durationMs: workMs, valuePermille: 1_000, acceptance }] }
}

/** What this requester has seen of the workers it had contracts with; whoever has left is remembered by its advert. */
function standings(agent: Agent): Standing[] {
  const contracts = agent.contracts()
  const seen = new Map<string, Standing>()
  for (const row of agent.skills()) {
    const own = contracts.filter(({ worker }) => worker === row.agent)
    if (own.length === 0) continue
    const settled = own.filter(({ outcome }) => outcome?.end === 'settled').length
    const faults = own.filter(
      ({ outcome, alleged, worker }) =>
        outcome?.end !== 'settled' && (outcome?.party === worker || alleged.some(({ party }) => party === worker)),
    ).length
    seen.set(row.peerId, { worker: row.peerId, settled, faults, quality: row.quality })
  }
  return [...seen.values()]
}
