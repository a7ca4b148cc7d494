import { HaggleError } from '@haggle/protocol'
import { mutants } from './bank.ts'

/** Plants a bug: from here on the product is loaded with it. Throws `sim/unknown-mutant`. */
export async function applyMutant(name: string): Promise<void> {
  if (mutants.some((mutant) => mutant.name === name)) return
  throw new HaggleError('sim/unknown-mutant', `there is no mutant "${name.slice(0, 64)}"`, {
    next: 'Look at `haggle sim --mutants` for the names that exist.',
  })
}
