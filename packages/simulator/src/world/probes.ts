import type { RecordId } from '@haggle/protocol'
import { PROBE } from '../agents/job.ts'
import type { Deed } from '../plan/plan.ts'
import type { Actor } from './actor.ts'

/** One new contract that a pair makes after everything is healed. */
export interface Probe {
  readonly requester: Actor
  readonly worker: Actor
  readonly key: string
}

const SPAN_MS = 20_000

/** L10: every pair contracts once more, each agent as requester of those after it. */
export function probe(core: readonly Actor[]): readonly Probe[] {
  const probes: Probe[] = []
  for (const worker of core) {
    const skills = [...worker.plan.skills, `${PROBE}${worker.agent}`]
    worker.act({ kind: 'serve', atMs: 0, agent: worker.agent, skills, slots: Math.max(core.length, worker.plan.slots) })
  }
  for (const [place, requester] of core.entries()) {
    for (const worker of core.slice(place + 1)) {
      const key = `${PROBE}${requester.agent}-${worker.agent}`
      requester.act(offer(requester.agent, worker.agent, key))
      probes.push({ requester, worker, key })
    }
  }
  return probes
}

/** Those that came to no settlement, at either side. */
export function failedProbes(
  probes: readonly Probe[],
): readonly { readonly requester: number; readonly worker: number; readonly task: RecordId | null }[] {
  return probes.flatMap(({ requester, worker, key }) => {
    const task = requester.process?.driver.engine.taskByKey(key)
    const served = task === undefined ? undefined : worker.process?.driver.engine.task(task.task)
    if (task?.state === 'done' && served?.state === 'done') return []
    return [{ requester: requester.agent, worker: worker.agent, task: task?.task ?? null }]
  })
}

function offer(agent: number, worker: number, key: string): Deed {
  return {
    ...{ kind: 'offer', atMs: 0, agent, key, skill: `${PROBE}${worker}`, mode: 'auction', bidding: 'open' },
    milestones: [{ durationMs: SPAN_MS / 2, acceptance: 'requester' }],
    ...{ deadlineMs: SPAN_MS, waitMs: SPAN_MS / 2, value: 1_000_000, ask: null, stake: 0, maxBids: 1 },
    ...{ revisions: 0, attempts: 2, size: 8, parent: null },
  }
}
