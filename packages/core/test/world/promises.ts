import { entryTypes, type HaggleRecord, type RecordId, type RecordType } from '@haggle/protocol'
import { doubleVotes } from '@haggle/core'
import { mallory } from './mischief.ts'
import type { World } from './world.ts'

/** What does not hold at the end of a world though it must, in words. */
export function brokenPromises(world: World): string[] {
  return [
    ...world.broken,
    ...doubleAwards(world),
    ...doubleWords(world),
    ...unheld(world),
    ...doubleSettlements(world),
    ...doubleVotesOf(world),
  ]
    .concat(endless(world))
    .concat(falseReports(world))
}

export function tasksSettled(world: World): number {
  return world.agents
    .flatMap((agent) => agent.engine.tasks())
    .filter((task) => task.role === 'requester' && task.state === 'done').length
}

/** MKT-08: no engine awards one generation of a task twice. */
function doubleAwards(world: World): string[] {
  const awards = new Map<string, RecordId>()
  return world.sent.flatMap(({ record }) => {
    if (record.type !== 'award') return []
    const slot = `${record.body.task}/${record.body.generation}`
    const known = awards.get(slot) ?? record.id
    awards.set(slot, known)
    return known === record.id ? [] : [`two awards for ${slot}`]
  })
}

/** CON-03: no engine signs two entries on one prev. */
function doubleWords(world: World): string[] {
  const words = new Map<string, RecordId>()
  return world.sent.flatMap(({ by, record }) => {
    // A forker that got its own second word back passes it on like any other record.
    if (!isLinked(record) || by.temper.forks > 0) return []
    const slot = `${record.author}/${record.body.prev}`
    const known = words.get(slot) ?? record.id
    words.set(slot, known)
    return known === record.id ? [] : [`a second entry on one prev: ${record.type} of ${record.author}`]
  })
}

const entries: ReadonlySet<RecordType> = new Set<RecordType>(entryTypes)

function isLinked(record: HaggleRecord): record is HaggleRecord<'accept' | 'deliver'> {
  return entries.has(record.type) && record.type !== 'award'
}

/** What an engine signs for a contract, it holds itself: nothing is said that its own rules refuse. */
function unheld(world: World): string[] {
  return world.agents.flatMap((agent) => {
    const held = new Set(agent.engine.tasks().flatMap(({ task }) => agent.engine.records(task).map(({ id }) => id)))
    return agent.log.flatMap((entry) => {
      if (entry.kind !== 'record' || entry.record.author !== agent.key || !('contract' in entry.record.body)) return []
      // A witness keeps its votes with the award of somebody else.
      if (entry.record.type === 'vote') return []
      return held.has(entry.record.id) ? [] : [`${agent.key} signed a ${entry.record.type} that its own rules refuse`]
    })
  })
}

/** WIT-06: no engine votes twice in one place of a slot. */
function doubleVotesOf(world: World): string[] {
  const votes = world.sent.flatMap(({ record }) => (record.type === 'vote' ? [record] : []))
  return doubleVotes(votes).map(
    ([{ author, body }]) => `${author} voted twice on the ${body.slot.duty} of ${body.contract}`,
  )
}

function doubleSettlements(world: World): string[] {
  const settledBy = new Map<RecordId, Set<RecordId>>()
  for (const agent of world.agents) {
    for (const view of agent.engine.contracts()) {
      if (view.outcome?.end !== 'settled') continue
      const set = settledBy.get(view.task) ?? new Set<RecordId>()
      set.add(view.contract)
      settledBy.set(view.task, set)
    }
  }
  return [...settledBy].filter(([, contracts]) => contracts.size > 1).map(([task]) => `task ${task} settled twice`)
}

function endless(world: World): string[] {
  const broken: string[] = []
  for (const agent of world.agents) {
    for (const view of agent.engine.contracts()) {
      // Whoever forks has its second word shown to it, and takes that for a second process with its key.
      if (view.outcome === null && !view.overtaken)
        broken.push(`contract ${view.contract} of ${agent.key} still stands at ${view.state}`)
    }
    for (const task of agent.engine.tasks()) {
      if (task.role === 'requester' && (task.state === 'open' || task.state === 'assigned'))
        broken.push(`task ${task.task} is still ${task.state}`)
    }
  }
  return broken
}

/** Among themselves engines never report each other. */
function falseReports(world: World): string[] {
  return world.reports
    .filter(({ peer }) => peer !== mallory && !world.suspects.has(peer))
    .map(({ by, violation }) => `${by} reports an honest engine: ${violation.code} ${violation.note}`)
}
