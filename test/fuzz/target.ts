import type { Random } from './random.ts'

/** Something that takes bytes from outside. */
export interface Target {
  readonly name: string
  readonly about: string
  /** Frames for a second of a core, at least, where that is asked for. */
  readonly atLeast?: number
  open(): Run | Promise<Run>
}

/** One life of a target: it may keep state from input to input, and then the inputs before belong to a failure. */
export interface Run {
  readonly keepsState: boolean
  /** An input: it follows from the numbers alone, and for a run that keeps state from what was said before. */
  input(random: Random): Uint8Array
  /** Takes an input and says in a word or two what became of it. Throws when something does not hold that must. */
  fuzz(bytes: Uint8Array): string | Promise<string>
  /** Looks at what must hold at the end, and leaves nothing behind. */
  close?(): Promise<void>
}

/** Says what does not hold. */
export function mustHold(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

/** A run without state, whose inputs are mutations of what is given. */
export function stateless(input: Run['input'], fuzz: (bytes: Uint8Array) => string): Run {
  return { keepsState: false, input, fuzz }
}
