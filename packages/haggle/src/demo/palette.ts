import pc from 'picocolors'
import { AUDITOR, requesters, workers } from './cast.ts'

/** How the demo prints things; without colour every function returns its text as it is. */
export interface Palette {
  readonly name: (name: string, width?: number) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
}

export function palette(color: boolean): Palette {
  const colors = pc.createColors(color)
  const paintOf = (name: string): ((text: string) => string) => {
    if (name === AUDITOR || requesters.some((each) => each === name)) return colors.cyan
    return workers.find((each) => each.name === name)?.manner === 'honest' ? colors.green : colors.magenta
  }
  return {
    // Padded before it is painted: escape codes have no width.
    name: (name, width = 0) => paintOf(name)(name.padEnd(width)),
    good: colors.green,
    bad: colors.red,
    dim: colors.dim,
    strong: colors.bold,
  }
}

export function credits(amount: number): string {
  return `${amount} credit${amount === 1 ? '' : 's'}`
}
