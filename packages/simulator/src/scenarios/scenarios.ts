import { HaggleError } from '@haggle/protocol'
import type { Shape } from '../plan/draw-plan.ts'
import { dimensions } from '../plan/draw-faults.ts'

const swarm: Shape = {
  scenario: 'swarm',
  agents: { from: 3, to: 12 },
  always: [],
  sometimes: dimensions,
}

/** Every scenario by its name. */
export const scenarios: Readonly<Record<string, Shape>> = { swarm }

/** The scenario of a name; throws `sim/unknown-scenario`. */
export function scenarioOf(name: string): Shape {
  const shape = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined
  if (shape !== undefined) return shape
  throw new HaggleError('sim/unknown-scenario', `there is no scenario "${name.slice(0, 64)}"`, {
    next: `Choose one of ${Object.keys(scenarios).join(', ')}.`,
  })
}
