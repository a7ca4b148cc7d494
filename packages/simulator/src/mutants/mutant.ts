/** A piece of the built product that is put in the place of another. */
export interface Edit {
  /** Of the workspace, as it is built. */
  readonly file: `packages/${'core' | 'node'}/dist/${string}.js`
  /** Stands in the file exactly once. */
  readonly text: string
  readonly instead: string
}

/** One planted bug: the product as somebody might have got it wrong. */
export interface Mutant {
  readonly name: string
  /** What the product does with it, in a few words. */
  readonly breaks: string
  readonly edits: readonly Edit[]
  /** The promises that may be found broken by it; another one is found as well. */
  readonly expected: readonly string[]
  /** The scenario whose worlds meet it soonest. */
  readonly scenario: string
}

/** A mutant of one edit. */
export function mutant(
  name: string,
  breaks: string,
  [file, text, instead]: readonly [Edit['file'], string, string],
  expected: readonly string[],
  scenario = 'swarm',
): Mutant {
  return { name, breaks, edits: [{ file, text, instead }], expected, scenario }
}
