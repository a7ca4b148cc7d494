import { describe, expect, it } from 'vitest'
import { strangers } from './bench/bench.ts'
import { bring, offerOf } from './bench/forge.ts'
import { codeOf, type Hand } from './bench/hand.ts'
import { DURATION, GRACE, Scene, timers } from './bench/scene.ts'

const EPSILON = timers.epsilonMs
const HOUR = 3_600_000

/** A contract whose worker has fallen silent; its due and grace are about to run out. */
function silent(): { scene: Scene; contract: ReturnType<Scene['opened']> } {
  const scene = new Scene()
  const contract = scene.opened()
  scene.bench.loses = () => true
  return { scene, contract }
}

function clockEvents(hand: Hand): object[] {
  return hand.events.flatMap((event) =>
    event.event === 'clock' ? [{ who: event.who, off: event.offMs, cause: event.cause, agrees: event.agrees }] : [],
  )
}

function peersAt(hand: Hand, ...skews: readonly number[]): void {
  skews.forEach((skew, index) => hand.peerUp(strangers[10 + index] ?? hand.key, skew))
}

describe('the own clock', () => {
  it('TIME-25: a wall clock that jumps by more than ε against the monotonic one is in doubt, and its agent says so', () => {
    const { requester } = new Scene()
    requester.wallAhead = EPSILON
    requester.alarm()
    expect(clockEvents(requester)).toEqual([])
    requester.wallAhead = -HOUR
    requester.alarm()
    requester.alarm()
    expect(clockEvents(requester)).toEqual([{ who: 'own', off: -HOUR, cause: 'jump', agrees: false }])
    expect(requester.engine.clockDoubt()).toEqual({ cause: 'jump', offMs: -HOUR })
  })

  it('TIME-25: a clock that is slewed by less than ε in ten minutes is never in doubt', () => {
    const scene = new Scene()
    const { requester, bench } = scene
    for (let step = 0; step < 100; step += 1) {
      requester.wallAhead += EPSILON - 10
      bench.time += 600_000
      requester.alarm()
    }
    expect(clockEvents(requester)).toEqual([])
    requester.wallAhead += EPSILON + 1
    requester.alarm()
    expect(clockEvents(requester)).toHaveLength(1)
    expect(requester.engine.clockSkew(scene.worker.key)).toBe(-EPSILON - 1)
  })

  it('TIME-26: three peers whose median is more than 2ε away outvote the own clock; two do not, and 2ε is not enough', () => {
    const { requester: two } = new Scene()
    peersAt(two, HOUR)
    expect(two.engine.clockDoubt()).toBeNull()
    const { requester: near } = new Scene()
    peersAt(near, 2 * EPSILON, 2 * EPSILON, HOUR)
    expect(near.engine.clockDoubt()).toBeNull()
    const { requester: far } = new Scene()
    peersAt(far, HOUR, HOUR, -HOUR, HOUR)
    expect(far.engine.clockDoubt()).toEqual({ cause: 'peers', offMs: -HOUR })
    expect(clockEvents(far).at(-1)).toEqual({ who: 'own', off: -HOUR, cause: 'peers', agrees: false })
  })

  it('TIME-26: half the round trip is the way’s and proves nothing about a clock', () => {
    const { requester } = new Scene()
    for (const peer of strangers.slice(10, 14)) requester.peerUp(peer, 2 * EPSILON + 400, 800)
    expect(clockEvents(requester)).toEqual([])
    for (const peer of strangers.slice(10, 14)) requester.peerUp(peer, 2 * EPSILON + 401, 800)
    expect(requester.engine.clockDoubt()?.cause).toBe('peers')
  })

  it('T-41 TIME-26: with a clock in doubt no TIMEOUT is signed and nobody is alleged; when the clocks agree it is', () => {
    const { scene, contract } = silent()
    const { requester, bench } = scene
    requester.wallAhead = DURATION + GRACE + HOUR / 60
    requester.alarm()
    expect(requester.all('timeout')).toEqual([])
    expect(requester.told('alleged')).toBe(0)
    requester.wallAhead = 0
    requester.alarm()
    expect(clockEvents(requester).at(-1)).toEqual({ who: 'own', off: 0, cause: 'jump', agrees: true })
    expect(requester.all('timeout')).toEqual([])
    bench.pass(DURATION + GRACE + 1_000)
    expect(requester.all('timeout')).toHaveLength(1)
    expect(requester.contract(contract).alleged).toHaveLength(1)
  })

  it('TIME-26: the worker that waits for a review signs none either', () => {
    const scene = new Scene()
    const contract = scene.delivered()
    scene.bench.loses = () => true
    const due = scene.worker.contract(contract).due ?? 0
    scene.worker.wallAhead = due - scene.bench.time + GRACE + 1_000
    scene.worker.alarm()
    expect(scene.worker.all('timeout')).toEqual([])
    // Peers that come after the jump vouch for the new time: it was the old one that was wrong.
    scene.worker.peerUp(strangers[20] ?? scene.worker.key, 0)
    scene.worker.alarm()
    expect(scene.worker.all('timeout')).toEqual([])
    scene.worker.peerDown(scene.requester.key)
    scene.worker.alarm()
    expect(scene.worker.all('timeout')).toHaveLength(1)
  })

  it('TIME-27: it is looked again every second until the clocks agree, and alarms never spin', () => {
    const { scene } = silent()
    scene.requester.wallAhead = HOUR
    scene.requester.alarm()
    const wake = scene.requester.engine.nextWakeup()
    expect(wake.mono).toBeLessThanOrEqual(scene.requester.now().mono + 1_000)
    // The bench throws when alarms come without end.
    scene.bench.pass(30_000)
    expect(scene.requester.all('timeout')).toEqual([])
  })

  it('TIME-27: fewer than three peers vouch for a clock that jumped only if all of them do, and a quorum by its median', () => {
    const { requester } = new Scene()
    requester.peerDown(requester.key)
    requester.wallAhead = HOUR
    requester.alarm()
    peersAt(requester, 0)
    // The worker of the scene was met before the jump and stands against it.
    expect(requester.engine.clockDoubt()).not.toBeNull()
    peersAt(requester, 0, 0)
    expect(requester.engine.clockDoubt()).toBeNull()
  })

  it('TIME-27: a peer that was met before a jump speaks against it without being asked again', () => {
    const { requester } = new Scene()
    peersAt(requester, 0, 0, 0)
    requester.wallAhead = HOUR
    requester.alarm()
    expect(requester.engine.clockDoubt()).toMatchObject({ offMs: HOUR })
    expect(requester.engine.clockSkew(strangers[10] ?? requester.key)).toBe(-HOUR)
    requester.wallAhead = 0
    requester.alarm()
    expect(requester.engine.clockDoubt()).toBeNull()
    expect(clockEvents(requester).map((event) => Object.values(event)[3])).toEqual([false, true])
  })
})

describe('a peer’s clock', () => {
  it('TIME-28: a peer more than 2ε off is told of once, however often it comes back, and told of when it is right again', () => {
    const { requester } = new Scene()
    const peer = strangers[9] ?? requester.key
    for (let visit = 0; visit < 3; visit += 1) {
      requester.peerUp(peer, -HOUR)
      requester.peerDown(peer)
    }
    requester.peerUp(peer, 2 * EPSILON)
    expect(clockEvents(requester)).toEqual([
      { who: 'peer', off: -HOUR, cause: 'peers', agrees: false },
      { who: 'peer', off: 0, cause: 'peers', agrees: true },
    ])
  })

  it('TIME-28: while the own clock is in doubt no peer is blamed', () => {
    const { requester } = new Scene()
    peersAt(requester, 0, 0, 0)
    requester.wallAhead = HOUR
    requester.alarm()
    requester.alarm()
    expect(clockEvents(requester).filter((event) => 'who' in event && event.who === 'peer')).toEqual([])
  })
})

describe('a clock that steps', () => {
  it('T-43 TIME-29: what ran out while the clock was ahead stays expired when it steps back', () => {
    const scene = new Scene()
    const { requester, worker, bench } = scene
    const seen = offerOf(bench, strangers[1] ?? worker.key)
    expect(codeOf(bring(worker, seen))).toBe('ok')
    const task = scene.offer({ askPrice: 0 })
    requester.wallAhead = HOUR
    worker.wallAhead = HOUR
    requester.alarm()
    worker.alarm()
    requester.wallAhead = 0
    worker.wallAhead = 0
    bench.pass(1_000)
    expect(requester.task(task)).toMatchObject({ state: 'closed', closedAs: 'expired' })
    expect(codeOf(bring(worker, seen))).toBe('offer/expired')
    requester.restart()
    expect(requester.task(task)).toMatchObject({ state: 'closed', closedAs: 'expired' })
  })

  it('TIME-29: a contract that lapsed while the clock was ahead is not opened when it steps back', () => {
    const scene = new Scene()
    const { requester, bench } = scene
    bench.loses = ({ record }) => record?.type === 'accept'
    const contract = scene.accepted()
    requester.wallAhead = HOUR
    requester.alarm()
    requester.wallAhead = 0
    bench.loses = () => false
    bench.pass(1_000)
    expect(requester.contract(contract).outcome?.end).toBe('lapsed')
    expect(requester.all('opening')).toEqual([])
  })

  it('TIME-30: after a step forward and back new tasks are offered, won and settled as ever', () => {
    const scene = new Scene()
    for (const hand of [scene.requester, scene.worker]) {
      hand.wallAhead = HOUR
      hand.alarm()
      hand.wallAhead = 0
      hand.alarm()
    }
    scene.bench.pass(2_000)
    const contract = scene.settled()
    expect(scene.requester.contract(contract).outcome?.end).toBe('settled')
  })

  it('TIME-30: a firm bid made while the clock was ahead keeps its slot no longer than its own span', () => {
    const scene = new Scene()
    const { requester, worker, bench } = scene
    ahead(HOUR, requester, worker)
    const task = scene.offer({ mode: 'claim', askPrice: null, ...openIn(HOUR, scene) })
    bench.loses = () => true
    expect(codeOf(scene.bid(task))).toBe('ok')
    ahead(0, requester, worker)
    const next = offerOf(bench, strangers[1] ?? worker.key)
    expect(codeOf(bring(worker, next))).toBe('ok')
    expect(worker.requests.at(-1)).toMatchObject({ kind: 'quote', task: next.id })
  })

  it('TIME-30: a cool-down that began while the clock was ahead does not last until the clock gets there again', () => {
    const scene = new Scene(4)
    const { requester, worker, bench } = scene
    const other = scene.another()
    ahead(HOUR, requester, worker, other)
    bench.loses = ({ record }) => record?.type === 'accept'
    scene.accepted(openIn(HOUR, scene))
    bench.pass(timers.acceptMs + 2 * GRACE)
    expect(requester.log.filter(({ kind }) => kind === 'cool-down')).toHaveLength(1)
    ahead(0, requester, worker, other)
    bench.loses = () => false
    const task = scene.offer({ askPrice: 0 })
    scene.bid(task, 2_000_000, other)
    scene.bid(task, 1_000_000, worker)
    bench.pass(timers.bidWindowMs)
    expect(requester.newest('award').body.worker).toBe(worker.key)
  })
})

function ahead(byMs: number, ...hands: readonly Hand[]): void {
  for (const hand of hands) {
    hand.wallAhead = byMs
    hand.alarm()
  }
}

/** The bidding and the end of an offer that is made while the clocks are ahead. */
function openIn(byMs: number, { bench }: Scene): { readonly bidUntil: number; readonly endBy: number } {
  return { bidUntil: bench.time + byMs + 5_000, endBy: bench.time + byMs + 60_000 }
}
