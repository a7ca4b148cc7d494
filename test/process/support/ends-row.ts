import { expect } from 'vitest'
import { inWords } from './shown.ts'
import type { Stage } from './stage.ts'

/**
 * The table in docs/spec/contract.md, row by row: what `verify` says of the file that each side exports, and what
 * `contract show` adds on that side.
 */
export type Words = readonly [end: string | null, party: string | null, fault: string | null]

export interface Row {
  /** The entry at which a file without an end stands open. */
  readonly openAt?: number
  readonly verify: Words
  readonly show: Words
  readonly alleged?: string
}

export async function expectRow(stage: Stage, name: string, contract: string, row: Row): Promise<void> {
  const said = (await stage.verify(name, contract)).contracts.filter((each) => each.contract === contract)
  const [end, party, fault] = row.verify
  const proven = fault === null ? null : 'self-proving'
  const openAt = end === null ? (row.openAt ?? 0) : null
  expect(said.map(inWords)).toEqual([{ end, party, fault, grade: proven, openAt }])

  const alleged = row.alleged === undefined ? [] : [row.alleged]
  const grade = row.show[2] === null ? (alleged.length > 0 ? 'alleged' : null) : 'self-proving'
  expect(inWords(await stage.show(name, contract))).toEqual({
    end: row.show[0],
    party: row.show[1],
    fault: row.show[2],
    grade,
    alleged,
  })
}

export const both = (words: Words): Row => ({ verify: words, show: words })
