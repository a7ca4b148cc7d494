import { limits, type AgentKey, type ControlFrame, type HaggleRecord } from '@haggle/protocol'
import type { ContractView, Input } from '@haggle/core'
import type { Agent } from './agent.ts'
import { forgeries, mallory, secondAward, type Scene } from './forgeries.ts'
import type { Random } from './random.ts'
import { nameOf, portrait } from './scrutiny.ts'
import { count, type World } from './world.ts'

export { mallory } from './forgeries.ts'

/** What forged words did: they may make an engine answer, never change what it holds. */
const changesNothing: ReadonlySet<string> = new Set(['send', 'send-frame', 'report', 'fetch'])

/** Tries one forgery, picked by the dice, on an agent that is up. */
export function disturb(world: World, random: Random, lying: boolean): void {
  const victims = world.agents.filter((agent) => agent.up)
  if (victims.length === 0) return
  const victim = random.pick(victims)
  if (random.chance(0.2)) {
    const [name, from, frame] = forgedFrame(victim, random)
    attempt(world, victim, name, { kind: 'frame', now: victim.now(), from, frame })
    return
  }
  const scene = sceneOf(victim, random)
  if (scene === null) return
  if (lying && scene.peerRole === 'requester' && random.chance(0.3)) {
    world.suspects.add(scene.peer)
    offend(world, scene, 'second award', secondAward(scene))
    return
  }
  const [name, forge] = random.pick(Object.entries(forgeries))
  const record = forge(scene)
  if (record === null) return
  // A worker reports the author of an award that is not what was agreed.
  if (record.type === 'award' && record.author !== mallory) world.suspects.add(record.author)
  offend(world, scene, name, record)
}

function offend(world: World, { victim }: Scene, name: string, record: HaggleRecord): void {
  attempt(world, victim, name, { kind: 'record', now: victim.now(), from: mallory, record })
}

function attempt(world: World, victim: Agent, name: string, input: Input & { kind: 'record' | 'frame' }): void {
  // Whatever is due at this moment happens first, so that all the rest is the forgery's doing.
  victim.handle({ kind: 'alarm', now: input.now })
  const before = portrait(victim)
  const { answer, effects } = victim.handle(input)
  count(world.tried, name)
  const what = `${name} (${nameOf(input)}) at ${victim.key.slice(0, 8)}`
  if (portrait(victim) !== before) world.broken.push(`${what} changed what stands`)
  if (answer.ok && input.kind === 'record' && name !== 'replay of the past' && input.record.type !== 'bid')
    world.broken.push(`${what} was taken`)
  for (const effect of effects) {
    if (changesNothing.has(effect.kind)) continue
    // LEASE-11: whoever speaks for an older generation is fenced, once, on record.
    const fence = effect.kind === 'persist' && effect.entry.kind === 'record' && effect.entry.record.type === 'fenced'
    const told = effect.kind === 'notify' && effect.event.event === 'fenced'
    // EVI-22: what was of no interest when it came first is evidence once an award names it.
    const named = name === 'replay of the past' && effect.kind === 'persist' && effect.entry.kind === 'evidence'
    if (!fence && !told && !named) world.broken.push(`${what} caused ${effect.kind}`)
  }
}

function sceneOf(victim: Agent, random: Random): Scene | null {
  const views = victim.engine.contracts()
  const live = views.filter((view) => view.outcome === null)
  const pool: readonly ContractView[] = live.length > 0 && random.chance(0.8) ? live : views
  if (pool.length === 0) return null
  const view = random.pick(pool)
  const held = victim.engine.records(view.task)
  const award = held.find((record) => record.type === 'award' && record.id === view.contract)
  if (award?.type !== 'award') return null
  const entries = held.filter(
    (record) => 'seq' in record.body && 'contract' in record.body && record.body.contract === award.id,
  )
  const last = entries.toSorted((a, b) => seqOf(a) - seqOf(b)).at(-1) ?? award
  const peerRole = view.role === 'requester' ? 'worker' : 'requester'
  const peer = view.role === 'requester' ? view.worker : view.requester
  return { victim, view, peer, peerRole, award, held, last, seq: seqOf(last), wall: victim.now().wall, random }
}

function seqOf(record: HaggleRecord): number {
  return 'seq' in record.body && record.type !== 'advert' ? record.body.seq : 0
}

/** Frames that name what their sender has no part in, or nonsense about what it has. */
function forgedFrame(victim: Agent, random: Random): [string, AgentKey, ControlFrame] {
  const contracts = victim.engine.contracts()
  const view = contracts.length > 0 ? random.pick(contracts) : null
  // Any hash names a contract that nobody holds.
  const contract = view?.contract ?? (mallory as string as ContractView['contract'])
  const peer = view === null ? mallory : view.role === 'requester' ? view.worker : view.requester
  const held = Array.from({ length: random.below(5) }, () => contract)
  const shards = [random.below(limits.shards)]
  const frames: readonly [string, AgentKey, ControlFrame][] = [
    ['heartbeat of a stranger', mallory, { kind: 'heartbeat', contract, generation: view?.generation ?? 1, n: 1 }],
    ['heartbeat of another generation', peer, { kind: 'heartbeat', contract, generation: 17, n: 1 }],
    ['progress by a stranger', mallory, { kind: 'progress', contract, generation: 1, permille: 1, note: null }],
    ['progress of another generation', peer, { kind: 'progress', contract, generation: 17, permille: 1, note: null }],
    ['acknowledgement by a stranger', mallory, { kind: 'heartbeat-ack', contract, n: 1 }],
    ['acknowledgement of nothing', peer, { kind: 'heartbeat-ack', contract, n: 999 }],
    ['tip of a stranger', mallory, { kind: 'tip', contract, generation: 1, held, answer: random.chance(0.5) }],
    ['digest of nonsense', mallory, { kind: 'digest', shards, held, answer: random.chance(0.5) }],
    ['want of nothing', mallory, { kind: 'want', ids: held }],
  ]
  return random.pick(frames)
}
