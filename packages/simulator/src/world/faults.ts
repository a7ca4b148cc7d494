import type { Fault } from '../plan/plan.ts'
import type { Actor } from './actor.ts'
import type { Ether } from './ether.ts'
import type { Time } from './time.ts'
import { partition, type Cut } from './weather.ts'

/** Ups and downs of a flapping partition. */
const FLAPS = 8

/** What faults strike. */
export interface Struck {
  readonly time: Time
  readonly ether: Ether
  readonly actors: readonly Actor[]
  /** Starts an agent again after a while, if it may still come back then. */
  readonly restart: (actor: Actor, afterMs: number) => void
}

/** Lets one fault take effect now. */
export function strike(world: Struck, fault: Fault): void {
  const { time, ether } = world
  switch (fault.kind) {
    case 'partition': {
      const cut = partition(fault.shape, fault.agents, world.actors.length)
      if (fault.shape === 'flapping') flap(world, cut, fault.forMs)
      else during(world, cut, fault.forMs)
      return
    }
    case 'hold': {
      const { from, to } = fault
      during(world, { breaks: false, cuts: (a, b) => a === from && b === to }, fault.forMs)
      return
    }
    case 'reset':
      ether.reset(fault.from, fault.to)
      return
    case 'replay':
      ether.replay(fault.agent, fault.count)
      return
    case 'crash':
    case 'stop':
    case 'sync-fails':
    case 'disk-full':
    case 'rollback':
    case 'clone':
    case 'clock-step':
    case 'clock-drift': {
      const actor = world.actors[fault.agent]
      if (actor !== undefined) strikeAgent(world, actor, fault)
    }
  }

  function during({ ether: through }: Struck, cut: Cut, forMs: number): void {
    through.begin(cut)
    time.after(forMs * 1_000, () => through.end(cut))
  }
}

type AgentFault = Exclude<Fault, { readonly kind: 'partition' | 'hold' | 'reset' | 'replay' }>

function strikeAgent(world: Struck, actor: Actor, fault: AgentFault): void {
  const { time } = world
  switch (fault.kind) {
    case 'crash': {
      const { downMs, tail, quiet } = fault
      actor.process?.light(fault.afterOps, () => {
        actor.crash(tail, quiet)
        world.restart(actor, downMs)
      })
      return
    }
    case 'stop':
      if (actor.process === null) return
      void actor.stop().then(() => world.restart(actor, fault.downMs))
      return
    case 'sync-fails':
      // The process halts by itself when it meets it, and is started again when it has.
      actor.disk.failing = { tail: fault.tail }
      return
    case 'disk-full':
      actor.disk.full = true
      time.after(fault.forMs * 1_000, () => {
        actor.disk.full = false
        world.restart(actor, 0)
      })
      return
    case 'rollback':
      if (actor.process === null) return
      actor.rollBack(fault.agoMs)
      world.restart(actor, fault.downMs)
      return
    case 'clone':
      if (actor.process === null) return
      actor.beginClone()
      time.after(fault.forMs * 1_000, () => actor.endClone())
      return
    case 'clock-step':
      actor.hardware.step(fault.byMs)
      return
    case 'clock-drift':
      actor.hardware.drift(fault.ppm)
  }
}

/** Cut, and whole again, and cut. */
function flap({ time, ether }: Struck, cut: Cut, forMs: number): void {
  const spanUs = Math.floor((forMs * 1_000) / FLAPS)
  for (let turn = 0; turn < FLAPS; turn += 2) {
    time.after(turn * spanUs, () => ether.begin(cut))
    time.after((turn + 1) * spanUs, () => ether.end(cut))
  }
}
