import { readdirSync, readFileSync } from 'node:fs'
import { HaggleError } from '@haggle/protocol'
import { parsePlan, scenarioOf } from '@haggle/simulator'
import { mutated, type Material } from '../mutator.ts'
import { mustHold, stateless, type Target } from '../target.ts'

const regressions = new URL('../../regression/', import.meta.url)

/** Plans of virtual worlds, as somebody sends them along with a bug report. */
export const plans: Target = {
  name: 'plans',
  about:
    'Plans of virtual worlds: refused with a code, or read into what says the same when it is written and read again',
  open() {
    const kept = readdirSync(regressions).map((name) => readFileSync(new URL(name, regressions), 'utf8'))
    const drawn = ['swarm', 'byzantine', 'clocks'].map((name) => JSON.stringify(scenarioOf(name).draw(7n, 4)))
    const corpus = [...kept, ...drawn].map((each) => Uint8Array.from(Buffer.from(each)))
    const material: Material = { form: 'text', corpus }
    return stateless((random) => mutated(material, random), read)
  },
}

function read(bytes: Uint8Array): string {
  try {
    const plan = parsePlan(Buffer.from(bytes).toString())
    const text = JSON.stringify(plan)
    mustHold(JSON.stringify(parsePlan(text)) === text, 'a Plan says something else when it is written and read again')
    for (const { agent } of plan.work) mustHold(agent < plan.agents.length, 'somebody works who is not in the Plan')
    for (const core of plan.phases.core)
      mustHold(core < plan.agents.length, 'somebody is healed who is not in the Plan')
    mustHold(Object.getPrototypeOf(plan) === Object.prototype, 'a name in a Plan replaced the prototype')
    return 'a Plan'
  } catch (error) {
    if (error instanceof HaggleError && error.code.startsWith('sim/')) return error.code
    throw error
  }
}
