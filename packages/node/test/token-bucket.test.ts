import { expect, test } from 'vitest'
import { TokenBucket } from '../src/token-bucket.ts'

const size = { burst: 100, perSecond: 10 }

/** A bucket in which so many tokens are left. */
function bucketWith(left: number): TokenBucket {
  const bucket = new TokenBucket(size, 0)
  bucket.take(0, size.burst - left)
  return bucket
}

test('NET-69: who wants many is not kept waiting by those who want one', () => {
  const bucket = bucketWith(0)
  let [ones, at] = [0, 0]
  for (; ones < 50; at += 100) {
    // One token comes back in this time; whoever wants one is there whenever somebody who wants fifty is not first.
    if (at === 1_000) expect(bucket.take(at, 50)).toBe(0)
    else if (bucket.take(at) === 0) ones += 1
  }
  // Nine before it, then five seconds that nobody gets anything in, then the rest: the rate is the same for all together.
  expect(at).toBe(1_000 + 5_000 + 41 * 100)
})

test('NET-69: what is owed is waited for by whoever comes next', () => {
  const bucket = bucketWith(1)
  expect(bucket.take(0, 31)).toBe(0)
  expect(bucket.isEmpty(0)).toBe(true)
  expect(bucket.take(0)).toBe(3_100)
  expect(bucket.take(3_000)).toBeGreaterThan(0)
  expect(bucket.take(3_101)).toBe(0)
})

test('NET-28: nobody takes more than a full bucket, and nothing comes back above it', () => {
  const bucket = bucketWith(100)
  expect(bucket.take(0, 5_000)).toBe(0)
  expect(bucket.take(0)).toBe(100)
  bucket.giveBack(5_000)
  expect(bucket.take(0, 100)).toBe(0)
  expect(bucket.isEmpty(0)).toBe(true)
})
