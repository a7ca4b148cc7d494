import { expect } from 'vitest'
import type { Ended } from './running.ts'

/** Expects an exit code; a failure shows what the command said. */
export function expectExit({ code, stderr }: Ended, exit: number): void {
  expect({ code, stderr }).toEqual({ code: exit, stderr })
}
