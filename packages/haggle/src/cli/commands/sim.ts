import { localSession } from '../local-session.ts'
import type { SimFlags } from '../command-flags.ts'
import { runMutantBank } from '../../sim/mutants.ts'
import { runOneWorld } from '../../sim/one-world.ts'
import { simRequest } from '../../sim/request.ts'
import { runManyWorlds } from '../../sim/many-worlds.ts'
import { runTax } from '../../sim/tax.ts'

/** `haggle sim`: worlds of the simulator, one or many. */
export async function runSim(flags: SimFlags): Promise<number> {
  const session = localSession({ catchSignals: true })
  const request = await simRequest(flags, session)
  switch (request.kind) {
    case 'one':
      return runOneWorld(request, session)
    case 'many':
      return runManyWorlds(request, session)
    case 'mutants':
      return runMutantBank(request, session)
    case 'tax':
      return runTax(request, session)
  }
}
