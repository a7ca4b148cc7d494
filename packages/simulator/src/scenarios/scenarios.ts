import { HaggleError } from '@haggle/protocol'
import { dimensions, type Dimension } from '../plan/draw-faults.ts'
import { drawPlan, type Shape } from '../plan/draw-plan.ts'
import type { Plan } from '../plan/plan.ts'
import type { Seed } from '../seed.ts'
import { drawCrowd } from './crowd.ts'
import { drawLarge } from './large.ts'
import { drawPace } from './pace.ts'

/** How the worlds of a scenario are drawn. */
export interface Scenario {
  readonly name: string
  /** What it is about, in a few words. */
  readonly about: string
  /** The world of a seed; `agents` instead of the number that the seed would choose. */
  draw(seed: Seed, agents: number | null): Plan
}

const few = { from: 3, to: 12 }
const others = (...always: readonly Dimension[]): readonly Dimension[] =>
  dimensions.filter((each) => !always.includes(each))

function small(name: string, about: string, shape: Omit<Shape, 'scenario'>): Scenario {
  return {
    ...{ name, about },
    draw: (seed, agents) =>
      drawPlan(seed, {
        ...shape,
        scenario: name,
        agents: agents === null ? shape.agents : { from: agents, to: agents },
      }),
  }
}

/** Every scenario by its name. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [
    small('swarm', 'a few agents, each kind of fault in every second world', {
      ...{ agents: few, always: [], sometimes: dimensions },
    }),
    small('crash', 'processes die between any two writes, and disks fail', {
      ...{ agents: few, always: ['crash', 'stop', 'disk'], sometimes: ['loss', 'temper', 'reset'] },
    }),
    small('partition', 'agents are cut off from each other in every shape', {
      ...{
        agents: { from: 4, to: 12 },
        always: ['partition', 'hold', 'reset'],
        sometimes: ['crash', 'loss', 'temper'],
      },
    }),
    small('clocks', 'clocks drift and are set, forwards and backwards', {
      ...{
        agents: few,
        always: ['clock', 'drift'],
        sometimes: ['crash', 'partition', 'temper', 'reset', 'replay', 'hold'],
      },
    }),
    small('byzantine', 'some agents cheat in every way that their own key allows', {
      ...{ agents: { from: 4, to: 12 }, always: ['byzantine'], sometimes: others('byzantine', 'rollback', 'clone') },
    }),
    small('late-join', 'agents come when the market is under way', {
      ...{ agents: few, always: ['late'], sometimes: others('late') },
    }),
    small('witness', 'panels see what goes wrong, and some of their members lie', {
      ...{ agents: { from: 3, to: 12 }, always: ['witness'] },
      sometimes: ['crash', 'partition', 'hold', 'reset', 'loss', 'drift', 'temper', 'byzantine'],
    }),
    small('liars', 'witnesses and parties lie to panels, while every link holds', {
      ...{
        agents: { from: 4, to: 10 },
        always: ['witness', 'byzantine'],
        sometimes: ['crash', 'stop', 'drift', 'temper'],
      },
    }),
    small('seals', 'workers seal what nobody can open, and requesters say that they cannot', {
      ...{ agents: { from: 4, to: 10 }, always: ['witness'], sometimes: ['crash', 'stop', 'drift', 'temper'] },
      cheats: ['seal-spoiler', 'seal-blamer'],
    }),
    small('false-asks', 'parties say to fair panels that nothing came of what they hold', {
      ...{ agents: { from: 6, to: 10 }, always: ['witness'], sometimes: ['crash', 'stop', 'drift', 'temper'] },
      ...{ cheats: ['false-asker'], fairPanels: true },
    }),
    { name: 'crowd', about: 'many who want one worker at one moment', draw: drawCrowd },
    { name: 'large', about: 'a thousand agents, or as many as --agents says', draw: drawLarge },
    { name: 'pace', about: 'contracts of a minute at a steady pace, to measure the speed of worlds', draw: drawPace },
  ].map((scenario) => [scenario.name, scenario]),
)

/** The scenario of a name; throws `sim/unknown-scenario`. */
export function scenarioOf(name: string): Scenario {
  const scenario = scenarios.get(name)
  if (scenario !== undefined) return scenario
  throw new HaggleError('sim/unknown-scenario', `there is no scenario "${name.slice(0, 64)}"`, {
    next: `Choose one of ${[...scenarios.keys(), 'tax'].join(', ')}.`,
  })
}
