import type { Chance } from '../../process/support/chance.ts'

/** One way to make agents suffer, and what must hold all the same. */
export interface Trial {
  /** Lower-case words with hyphens. */
  readonly name: string
  /** What has to hold, in one sentence. */
  readonly target: string
  run(context: Context): Promise<Judged>
}

/** What a trial is given by the runner. */
export interface Context {
  readonly chance: Chance
  /** What `--seed` takes to throw the same dice again. */
  readonly seed: number
  /** How long the storm lasts. */
  readonly spanMs: number
  readonly contracts: number
  readonly processes: number
  /** Whether each agent of the storm keeps a flight record, which is replayed. */
  readonly flight: boolean
  /** How many points to strike at: the usual number, unless fewer were asked for. */
  readonly points: (usual: number) => number
  /** Says on stderr how far it came. */
  readonly progress: (text: string) => void
}

/** What came of a trial. */
export interface Judged {
  readonly passed: boolean
  /** Counts, by what was counted. */
  readonly counts: Readonly<Record<string, number>>
  /** What went wrong, or what a reader should know: whole sentences. */
  readonly notes: readonly string[]
  /** Why it could not be made here; then it neither passed nor failed. */
  readonly skipped?: string
}
