import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findMutant } from '../src/mutants/apply.ts'
import { mutants } from '../src/mutants/bank.ts'

const root = new URL('../../../', import.meta.url)

describe('the bank of planted bugs', () => {
  it('has at least forty, each under a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(40)
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    '%s is planted where the product has it',
    (_name, { edits }) => {
      for (const { file, text } of edits) {
        const found = readFileSync(new URL(file, root), 'utf8').split(text).length - 1
        expect({ file, text, found }).toEqual({ file, text, found: 1 })
      }
    },
  )

  it('knows no other', () => {
    expect(() => findMutant('none-of-them')).toThrow(expect.objectContaining({ code: 'sim/unknown-mutant' }))
  })
})
