import { expect, onTestFinished, test, vi } from 'vitest'
import { Answers, Queries } from '../src/lan-pace.ts'

const question = (name: string) => ({ type: 'query', questions: [{ name }] })

/** Nothing here touches a socket, so time may be played. */
function playTime(): void {
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

/** How often a node with so many peers asks within these milliseconds. */
function askedWithin(spanMs: number, peers: () => number): number {
  const ask = vi.fn<() => void>()
  const queries = new Queries(ask, peers, Date.now)
  queries.start()
  vi.advanceTimersByTime(spanMs)
  queries.stop()
  return ask.mock.calls.length
}

test('NET-50: a node with peers asks often at first, and ever more rarely', () => {
  playTime()
  expect(askedWithin(20_000, () => 5)).toBeGreaterThanOrEqual(3)
  expect(askedWithin(3_600_000, () => 5)).toBeLessThan(30)
})

test('NET-50: a node with few peers asks every ten seconds for as long as it has few', () => {
  playTime()
  expect(askedWithin(600_000, () => 2)).toBeGreaterThan(45)
})

test('NET-50: a node that loses its peers asks soon, however long it meant to wait', () => {
  playTime()
  let peers = 5
  const ask = vi.fn<() => void>()
  const queries = new Queries(ask, () => peers, Date.now)
  queries.start()
  vi.advanceTimersByTime(3_600_000)
  peers = 0
  ask.mockClear()
  vi.advanceTimersByTime(30_000)
  queries.stop()
  expect(ask).toHaveBeenCalled()
})

test('NET-50: of many queries at one moment one is answered, and none for something else', () => {
  playTime()
  const answers = new Answers({ tag: '_ours', othersHeard: () => 12, now: Date.now, again: () => undefined })
  const isAnswered = (name: string): boolean => {
    answers.heard(question(name))
    return answers.isDue()
  }
  expect([isAnswered('_theirs'), isAnswered('_ours'), isAnswered('_ours')]).toEqual([false, true, false])
  vi.advanceTimersByTime(1_000)
  expect([isAnswered('_theirs'), isAnswered('_ours')]).toEqual([false, true])
  answers.heard({ type: 'response' })
  vi.advanceTimersByTime(1_000)
  expect(answers.isDue()).toBe(false)
})

test('NET-52: in a crowd a node answers a little later, and keeps quiet when twelve others have answered', () => {
  playTime()
  let answered = 0
  const answers = new Answers({
    tag: '_ours',
    othersHeard: () => 13,
    now: Date.now,
    again: () => void (answered += answers.isDue() ? 1 : 0),
  })
  const others = (count: number): void => {
    for (let n = 0; n < count; n += 1) answers.heard({ type: 'response', answers: [{ name: '_ours' }] })
  }
  answers.heard(question('_ours'))
  expect(answers.isDue()).toBe(false)
  others(11)
  answers.heard({ type: 'response', answers: [{ name: '_theirs' }] })
  vi.advanceTimersByTime(1_000)
  expect(answered).toBe(1)
  answers.heard(question('_ours'))
  others(12)
  vi.advanceTimersByTime(1_000)
  expect(answered).toBe(1)
})

test('T-91 NET-52: whoever answers under many names keeps nobody quiet for more than ten seconds', () => {
  playTime()
  let answered = 0
  const answers = new Answers({
    tag: '_ours',
    othersHeard: () => 500,
    now: Date.now,
    again: () => void (answered += answers.isDue() ? 1 : 0),
  })
  for (let second = 0; second < 60; second += 1) {
    answers.heard(question('_ours'))
    for (let n = 0; n < 100; n += 1) answers.heard({ type: 'response', answers: [{ name: '_ours' }] })
    vi.advanceTimersByTime(1_000)
  }
  expect(answered).toBeGreaterThanOrEqual(5)
  expect(answered).toBeLessThanOrEqual(7)
})

test('NET-77: what others ask counts as asked, so a LAN at rest asks as often as one node would', () => {
  playTime()
  const ask = vi.fn<() => void>()
  const queries = new Queries(ask, () => 5, Date.now)
  queries.start()
  for (let minute = 0; minute < 60; minute += 1) {
    // By then its own pauses have grown as well.
    if (minute === 5) ask.mockClear()
    vi.advanceTimersByTime(60_000)
    queries.heard()
  }
  queries.stop()
  expect(ask).not.toHaveBeenCalled()
})

test('NET-77: a query of our own that comes round to us is not counted twice', () => {
  playTime()
  const ask = vi.fn<() => void>(() => void setTimeout(() => queries.heard(), 1))
  const queries = new Queries(ask, () => 5, Date.now)
  queries.start()
  queries.heard()
  vi.advanceTimersByTime(20_000)
  queries.stop()
  // After 1, 3, 7 and 15 seconds, a quarter of each pause earlier or later.
  expect(ask.mock.calls.length).toBeGreaterThanOrEqual(4)
})

test('NET-77: a node with few peers asks for itself, whoever else asks', () => {
  playTime()
  const ask = vi.fn<() => void>()
  const queries = new Queries(ask, () => 2, Date.now)
  queries.start()
  for (let second = 0; second < 600; second += 1) {
    vi.advanceTimersByTime(1_000)
    queries.heard()
  }
  queries.stop()
  expect(ask.mock.calls.length).toBeGreaterThan(45)
})
