/** One planted bug: a piece of the built product that is put in the place of another. */
export interface Mutant {
  readonly name: string
}

/** Every planted bug. */
export const mutants: readonly Mutant[] = []
