import { test } from '@fast-check/vitest'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { mulDiv } from '../src/contract/integer.ts'

const amount = fc.oneof(fc.nat(5_000), fc.maxSafeNat())

test.prop([
  amount,
  amount,
  fc.oneof(
    fc.integer({ min: 1, max: 5_000 }),
    fc.maxSafeNat().map((n) => n + 1),
  ),
])('a product is divided as integers of any size are, whether a double holds it or not', (a, b, c) => {
  expect(mulDiv(a, b, c)).toBe(Number((BigInt(a) * BigInt(b)) / BigInt(c)))
})
