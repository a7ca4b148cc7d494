/** One replacement in one built file. The text must stand there exactly once: a fix that moved must not be thought taken out. */
export interface Edit {
  /** From the root of the workspace: `packages/libp2p/dist/host.js`. */
  readonly file: string
  readonly text: string
  readonly instead: string
}

/** One regression of one trap: shows in real conditions that the fix works, and how the fix is taken out of the built code. */
export interface Regression {
  /** The number of the trap, and a letter where its fix has several parts. */
  readonly id: string
  /** What holds as long as the fix is there, as one sentence. */
  readonly says: string
  /** Takes the fix out. */
  readonly without: readonly Edit[]
  /** A module that is loaded before everything else. */
  readonly preload?: 'node-20'
  /** Rejects when the trap has closed again. Its process ends afterwards: nothing needs to be cleared up. */
  run(): Promise<void>
}

export function trapOf({ id }: Regression): number {
  return Number.parseInt(id, 10)
}
