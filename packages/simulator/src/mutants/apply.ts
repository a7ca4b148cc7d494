import { register } from 'node:module'
import { HaggleError } from '@haggle/protocol'
import { mutants, type Mutant } from './bank.ts'
import type { Patch } from './hook.ts'

/** The planted bug of a name; throws `sim/unknown-mutant`. */
export function findMutant(name: string): Mutant {
  const found = mutants.find((mutant) => mutant.name === name)
  if (found !== undefined) return found
  throw new HaggleError('sim/unknown-mutant', `there is no mutant "${name.slice(0, 64)}"`, {
    next: `Choose one of ${mutants.map((mutant) => mutant.name).join(', ')}.`,
  })
}

/** Plants a bug: from here on this thread loads the product with it. Throws `sim/unknown-mutant`. */
export async function applyMutant(name: string): Promise<void> {
  const patches = findMutant(name).edits.map(({ file, text, instead }): Patch => ({ url: urlOf(file), text, instead }))
  register(hookFile(), { parentURL: import.meta.url, data: patches })
}

/** Throws `sim/no-mutants` where the product does not stand in files of its own, as in a package that is one bundle. */
export function checkPlantable(): void {
  try {
    import.meta.resolve('@haggle/core')
  } catch (cause) {
    throw new HaggleError('sim/no-mutants', 'bugs are planted in the built files of the workspace, and here are none', {
      next: 'Run it in a clone of the repository, after npm run build.',
      cause,
    })
  }
}

/** Where a file of the built product is loaded from, wherever it is installed. */
function urlOf(file: string): string {
  const [, name = '', , ...path] = file.split('/')
  return new URL(path.join('/'), import.meta.resolve(`@haggle/${name}`)).href
}

/** Beside this file, in the sources as in what was built. */
function hookFile(): string {
  return import.meta.url.endsWith('.ts') ? './hook.ts' : './hook.js'
}
