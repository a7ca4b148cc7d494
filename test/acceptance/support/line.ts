/**
 * One line of acceptance with a second or a count in it. A file of `test/acceptance/` that exports one as `line` is found
 * and run by `npm run acceptance`; its name is what picks it on the command line.
 */
export interface AcceptanceLine {
  /** Lower-case words with hyphens, the same as its file's. */
  readonly name: string
  /** What has to hold, with its number and unit, in one sentence. */
  readonly target: string
  run(context: Context): Promise<Outcome>
}

/** What a line is given by the runner. */
export interface Context {
  /** How many repetitions to make: the usual number, unless `--runs` asked for another. */
  readonly runs: (usual: number) => number
  /** Says on stderr how far it came. */
  readonly progress: (text: string) => void
}

export interface Outcome {
  readonly passed: boolean
  /** At least one, unless the line could not be run at all. */
  readonly figures: readonly Figure[]
  /** What went wrong, or what a reader should know of the figures: whole sentences. */
  readonly notes?: readonly string[]
}

/** Something that was measured or counted in each run. */
export interface Figure {
  readonly what: string
  /** `ms`, `%`, `settlements`: behind the numbers. */
  readonly unit: string
  /** How many values the figure is made of. */
  readonly n: number
  readonly median: number
  readonly worst: number
}
