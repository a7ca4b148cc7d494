import { describe, expect, it } from 'vitest'
import { mallory, signAs } from './bench/bench.ts'
import { bring } from './bench/forge.ts'
import { codeOf, type Hand } from './bench/hand.ts'
import { ACK, DURATION, GRACE, result, Scene, timers, VALUE } from './bench/scene.ts'

const ACCEPT = timers.acceptMs + 3
const nobody = { party: null, fault: null }

/** How often a record went out, and when the caller asked. */
function timesSent(hand: Hand, id: string): number {
  return hand.sent.filter(({ record }) => record.id === id).length
}

/** The delivery that comes again, with nothing said meanwhile, brings the approval and the closing. */
function expectAnswerTo(requester: Hand, worker: Hand): void {
  const before = requester.sent.length
  requester.record(worker.key, worker.newest('deliver'))
  const said = requester.sent.slice(before).map(({ record }) => record)
  expect(said).toEqual([requester.newest('approve'), requester.newest('closing')])
}

describe('from award to opening', () => {
  it('CON-20: an award that is not opened by the end of its accept window and G binds nobody any more', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    bench.loses = ({ record }) => record?.type === 'accept' || record?.type === 'opening'
    const contract = scene.accepted()
    bench.pass(ACCEPT + GRACE)
    expect(requester.contract(contract).outcome).toBeNull()
    bench.pass(1)
    expect(requester.contract(contract).outcome).toEqual({ end: 'lapsed', ...nobody })
    bench.loses = () => false
    bench.pass(10_000)
    expect(requester.all('opening').map(({ body }) => body.contract)).not.toContain(contract)
    expect(worker.contract(contract).outcome).toMatchObject(nobody)
  })

  it('CON-21: an accept is taken until then and not a moment longer', () => {
    for (const [late, code] of [
      [0, 'ok'],
      [1, 'entry/late'],
    ] as const) {
      const scene = new Scene()
      const { bench, requester, worker } = scene
      bench.loses = ({ record }) => record?.type === 'accept'
      const contract = scene.accepted({ attempts: 1 })
      bench.time += ACCEPT + GRACE + late
      expect(codeOf(bring(requester, worker.newest('accept')))).toBe(code)
      bench.pass(ACK)
      expect(requester.contract(contract).opened).toBe(late === 0)
    }
  })

  it('CON-21: an accept for a task that was taken back opens nothing', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    bench.loses = ({ record }) => record?.type === 'accept'
    const contract = scene.accepted()
    requester.command({ kind: 'cancel', task: requester.contract(contract).task, reason: 'no' })
    expect(codeOf(bring(requester, worker.newest('accept')))).toBe('task/closed')
    bench.pass(ACK)
    expect(requester.all('opening')).toEqual([])
  })

  it('CON-22: a review that goes out before the opening is the opening, and five messages make a short task', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.accepted()
    scene.deliver(contract)
    scene.approve(contract)
    bench.pass(10 * ACK)
    const said = [...requester.sent, ...worker.sent].filter(
      ({ to, record }) => to !== null && !['offer', 'advert', 'closing', 'bid'].includes(record.type),
    )
    expect(said.map(({ record }) => record.type).toSorted()).toEqual(['accept', 'approve', 'award', 'deliver'])
    for (const hand of [requester, worker])
      expect(hand.contract(contract)).toMatchObject({ opened: true, outcome: { end: 'settled' } })
  })

  it('CON-23: an opening is answered until the end of the accept window and 3G, later the worker has withdrawn, free', () => {
    for (const late of [0, 1]) {
      const scene = new Scene()
      const { bench, requester, worker } = scene
      bench.loses = ({ record }) => record?.type === 'opening'
      const contract = scene.opened()
      bench.time = requester.newest('award').body.at + ACCEPT + 3 * GRACE + late
      expect(codeOf(bring(worker, requester.newest('opening')))).toBe(late === 0 ? 'ok' : 'note/late')
      expect(worker.all('heartbeat')).toHaveLength(late === 0 ? 1 : 0)
      if (late === 0) continue
      expect(worker.newest('withdraw').body.reason).toBe('unopened')
      expect(worker.contract(contract).outcome).toEqual({ end: 'withdrawn', ...nobody })
      expect(worker.newest('closing').body.slash).toBe(0)
    }
  })

  it('CON-23: a second opening is kept and signed nothing to', () => {
    const scene = new Scene()
    const { requester, worker } = scene
    scene.opened()
    const { body } = requester.newest('opening')
    expect(codeOf(bring(worker, signAs(requester.key, 'opening', { ...body, at: body.at + 1 })))).toBe('ok')
    expect(worker.all('heartbeat')).toHaveLength(1)
    expect(worker.told('opened')).toBe(1)
  })

  it('CON-23: an opening that comes after the end is signed nothing to', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    scene.another()
    bench.loses = ({ record }) => record?.type === 'opening'
    const contract = scene.opened()
    bench.loses = ({ to }) => to === requester
    bench.pass(timers.leaseMs)
    expect(worker.contract(contract).outcome?.end).toBe('undecided')
    expect(codeOf(bring(worker, requester.newest('opening')))).toBe('ok')
    expect(worker.all('heartbeat')).toEqual([])
  })
})

describe('receipts', () => {
  it('CON-13: a delivery is receipted after ack, unless its review went out first', () => {
    const scene = new Scene()
    scene.delivered()
    scene.bench.pass(ACK - 1)
    expect(scene.requester.all('receipt')).toEqual([])
    scene.bench.pass(1)
    expect(scene.requester.newest('receipt').body.entry).toBe(scene.worker.newest('deliver').id)
    const quick = new Scene()
    quick.settled()
    quick.bench.pass(10 * ACK)
    expect(quick.requester.all('receipt')).toEqual([])
  })
})

describe('clocks that run out', () => {
  it('CON-24: who waits for a delivery writes one TIMEOUT from due and G on', () => {
    const scene = new Scene()
    const { bench, requester } = scene
    const contract = scene.opened({ attempts: 1 })
    bench.time = requester.newest('award').body.at
    bench.pass(DURATION + GRACE)
    expect(requester.all('timeout')).toEqual([])
    bench.pass(1)
    const slot = scene.worker.newest('accept').id
    expect(requester.newest('timeout').body).toMatchObject({ contract, duty: 'delivery', slot, prev: slot })
    bench.pass(60_000)
    expect(requester.all('timeout')).toHaveLength(1)
  })

  it('CON-24: who waits for a review or a rework does the same', () => {
    const silent = new Scene()
    const contract = silent.delivered()
    silent.bench.pass(ACK)
    silent.bench.pass((silent.worker.contract(contract).due ?? 0) + GRACE + 1 - silent.bench.time)
    expect(silent.worker.newest('timeout').body).toMatchObject({ duty: 'review', contract })
    expect(silent.worker.contract(contract).alleged).toEqual([{ party: silent.requester.key, fault: 'SILENT_REVIEW' }])
    const lazy = new Scene()
    const rejected = lazy.delivered({ revisions: 1 })
    lazy.requester.command({ kind: 'reject', contract: rejected, milestone: 0, reason: 'opinion', note: '' })
    lazy.bench.pass(60_000)
    expect(lazy.requester.newest('timeout').body).toMatchObject({ duty: 'rework', contract: rejected })
    expect(lazy.requester.contract(rejected).alleged).toEqual([])
  })

  it('CON-14: an approval that was lost settles the contract of a worker that never saw an opening', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const task = scene.offer()
    bench.loses = ({ from }) => from === requester && worker.all('accept').length > 0
    scene.bid(task)
    const contract = requester.newest('award').id
    scene.deliver(contract)
    expect(codeOf(scene.approve(contract))).toBe('ok')
    bench.part(requester, worker)
    bench.pass(60_000)
    expect(worker.contract(contract).outcome?.end).toBe('lapsed')
    bench.loses = () => false
    bench.meet(requester, worker)
    expect(worker.contract(contract).outcome?.end).toBe('settled')
  })

  it('CON-25: a delivery that comes after its due is reviewed while the task is still with its worker', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    bench.loses = ({ from }) => from === worker
    bench.time = requester.newest('award').body.at + DURATION
    expect(codeOf(scene.deliver(contract))).toBe('ok')
    bench.time += GRACE
    bench.loses = () => false
    expect(codeOf(bring(requester, worker.newest('deliver')))).toBe('ok')
    bench.deliver()
    expect(codeOf(scene.approve(contract))).toBe('ok')
    expect(worker.contract(contract).outcome?.end).toBe('settled')
  })

  it('CON-26: a worker that knows its due to have passed signs no delivery and no failure', () => {
    const scene = new Scene()
    const { bench, worker } = scene
    const contract = scene.opened()
    bench.time = scene.requester.newest('award').body.at + DURATION + 1
    expect(codeOf(scene.deliver(contract))).toBe('entry/late')
    expect(codeOf(worker.command({ kind: 'fail', contract, milestone: 0, code: 'x', note: '' }))).toBe('entry/late')
    expect(worker.all('deliver')).toEqual([])
    expect(worker.requests.at(-1)).toMatchObject({ kind: 'stop', contract })
  })

  it('CON-30: a clock that ran out leaves the end Undecided, and what a party believes moves its own view only', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened({ attempts: 1 })
    bench.pass(DURATION + GRACE + 1)
    for (const hand of [requester, worker]) {
      expect(hand.contract(contract).outcome).toEqual({ end: 'undecided', ...nobody })
      expect(hand.newest('closing').body).toMatchObject({ outcome: { end: 'undecided', ...nobody }, slash: 0 })
    }
    expect(requester.contract(contract).alleged).toEqual([{ party: worker.key, fault: 'NO_DELIVERY' }])
    expect(worker.contract(contract).alleged).toEqual([])
    expect(requester.engine.standing(worker.key).quality).toBeLessThan(300)
    expect(worker.engine.standing(requester.key).quality).toBe(300)
  })

  it('CON-31: past exposureUntil an agent closes what is open, whoever fell silent', () => {
    const scene = new Scene()
    const { bench, requester } = scene
    const contract = scene.delivered()
    bench.loses = () => true
    const { exposureUntil } = requester.newest('award').body
    bench.pass(exposureUntil - bench.time)
    expect(requester.contract(contract).outcome).toBeNull()
    bench.pass(1)
    expect(requester.contract(contract).outcome).toEqual({ end: 'undecided', ...nobody })
    expect(requester.newest('closing').body).toMatchObject({ contract, outcome: { end: 'undecided' } })
  })

  it('CON-31: an application that never runs a check again keeps no contract open for ever', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const acceptance = { kind: 'schema', schema: '{}' } as const
    const milestones = [{ name: 'm0', durationMs: DURATION, valuePermille: 1_000, acceptance }]
    const contract = scene.delivered({ milestones })
    requester.command({ kind: 'reject', contract, milestone: 0, reason: 'check', note: '' })
    bench.deliver()
    expect(worker.requests.at(-1)).toMatchObject({ kind: 'recheck', contract })
    bench.pass(requester.newest('award').body.exposureUntil - bench.time + 1)
    expect(worker.contract(contract).outcome).toEqual({ end: 'undecided', ...nobody })
    bench.pass(100_000)
  })
})

describe('ending by both wills', () => {
  it('CON-19: a worker cancels when it is asked within ack, and answers nothing to a request that has lapsed', () => {
    for (const late of [ACK + 2 * timers.epsilonMs, ACK + 2 * timers.epsilonMs + 1]) {
      const scene = new Scene()
      const { bench, requester, worker } = scene
      const contract = scene.opened()
      bench.loses = ({ record }) => record?.type === 'cancel-req'
      requester.command({ kind: 'cancel', task: requester.contract(contract).task, reason: 'no' })
      bench.time += late
      bench.loses = () => false
      bring(worker, requester.newest('cancel-req'))
      bench.deliver()
      const cancelled = late === ACK + 2 * timers.epsilonMs
      expect(worker.all('cancel')).toHaveLength(cancelled ? 1 : 0)
      scene.deliver(contract)
      scene.approve(contract)
      for (const hand of [requester, worker])
        expect(hand.contract(contract).outcome).toEqual({ end: cancelled ? 'cancelled' : 'settled', ...nobody })
    }
  })

  it('CON-19: while the requester holds the pen the worker agrees, and the requester cancels only if the pen is still its own', () => {
    for (const approves of [false, true]) {
      const scene = new Scene()
      const { bench, requester, worker } = scene
      const contract = scene.delivered()
      bench.loses = ({ record }) => record?.type === 'agree'
      requester.command({ kind: 'cancel', task: requester.contract(contract).task, reason: 'no' })
      bench.deliver()
      if (approves) requester.command({ kind: 'approve', contract, milestone: 0 })
      bench.loses = () => false
      bring(requester, worker.newest('agree'))
      bench.deliver()
      for (const hand of [requester, worker])
        expect(hand.contract(contract).outcome).toEqual({ end: approves ? 'settled' : 'cancelled', ...nobody })
      expect(requester.all('cancel')).toHaveLength(approves ? 0 : 1)
    }
  })
})

describe('lost mail', () => {
  it('CON-40: a record without an answer is sent again, the stored bytes, with backoff, until something answers it', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    bench.loses = ({ from }) => from === worker
    scene.deliver(contract)
    const { id } = worker.newest('deliver')
    const counts = [ACK, 2 * ACK, 4 * ACK].map((wait) => {
      bench.pass(wait - 1)
      const before = timesSent(worker, id)
      bench.pass(1)
      return [before, timesSent(worker, id)]
    })
    expect(counts).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ])
    expect(worker.all('deliver')).toHaveLength(1)
    bench.loses = () => false
    bench.pass(8 * ACK)
    expect(requester.contract(contract).state).toBe('awaiting-review')
    const known = timesSent(worker, id)
    bench.pass(10_000)
    expect(timesSent(worker, id)).toBe(known)
  })

  it('CON-40: a record that came again is answered with what followed it', () => {
    const scene = new Scene()
    const { requester, worker } = scene
    scene.opened()
    const before = requester.sent.length
    requester.record(worker.key, worker.newest('accept'))
    expect(requester.sent.slice(before).map(({ record }) => record)).toEqual([requester.newest('opening')])
    requester.record(mallory, worker.newest('accept'))
    expect(requester.sent).toHaveLength(before + 1)
  })

  it('CON-40: what nobody sends again is not answered again: two answers could answer each other for ever', () => {
    const scene = new Scene()
    const { requester, worker } = scene
    scene.opened()
    const [fromWorker, fromRequester] = [requester.sent.length, worker.sent.length]
    requester.record(worker.key, worker.newest('heartbeat'))
    worker.record(requester.key, requester.newest('opening'))
    expect([requester.sent.length, worker.sent.length]).toEqual([fromWorker, fromRequester])
  })

  it('CON-40: the award of a later generation is sent again together with its reopening', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const other = scene.another()
    const task = scene.offer({ askPrice: null, maxBids: 2 })
    scene.bid(task, VALUE / 2, other)
    scene.bid(task, VALUE / 4)
    bench.pass(ACK)
    worker.command({ kind: 'withdraw', contract: requester.newest('award').id, reason: 'tired' })
    bench.loses = ({ to }) => to === other
    bench.deliver()
    bench.loses = () => false
    bench.pass(ACK)
    const { id, body } = requester.newest('award')
    expect(body).toMatchObject({ generation: 2, worker: other.key })
    expect(other.contract(id).state).toBe('working')
  })

  it('CON-41: parties that meet again compare what they hold, and who is ahead supplies what is missing', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    bench.loses = () => true
    scene.deliver(contract)
    bench.part(requester, worker)
    bench.loses = () => false
    bench.meet(requester, worker)
    expect(requester.contract(contract)).toMatchObject({ state: 'awaiting-review', result: { hash: result } })
    const held = [requester, worker].map((hand) =>
      hand.engine
        .records(hand.contract(contract).task)
        .map(({ id }) => id)
        .toSorted(),
    )
    expect(held[0]).toEqual(held[1])
  })

  it('CON-41: nothing else is said about the contract before the other side answered, or let 2 ack pass', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    bench.loses = () => true
    scene.deliver(contract)
    worker.restart()
    worker.peerUp(requester.key)
    const { id } = worker.newest('deliver')
    const before = timesSent(worker, id)
    bench.pass(2 * ACK - 1)
    expect(timesSent(worker, id)).toBe(before)
    bench.pass(1 + ACK)
    expect(timesSent(worker, id)).toBeGreaterThan(before)
    expect(worker.frames.some(({ frame }) => frame.kind === 'tip' && frame.held.includes(id))).toBe(true)
  })

  it('CON-40 CON-41: what comes again is answered though the contract ended before the other side had answered', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.delivered()
    bench.part(requester, worker)
    requester.peerUp(worker.key)
    expect(codeOf(scene.approve(contract))).toBe('ok')
    expect(requester.contract(contract).outcome?.end).toBe('settled')
    expectAnswerTo(requester, worker)
  })

  it('CON-40 CON-41: who meets again about an ended contract answers what comes again, whether the other side compares or not', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.delivered()
    bench.loses = () => true
    expect(codeOf(scene.approve(contract))).toBe('ok')
    bench.part(requester, worker)
    requester.peerUp(worker.key)
    expectAnswerTo(requester, worker)
  })

  it('CON-41: an end that was told before a restart is not told again, and its contract is not closed twice', () => {
    const scene = new Scene()
    const contract = scene.settled()
    for (const hand of [scene.requester, scene.worker]) {
      hand.restart()
      expect(hand.told('settled')).toBe(1)
      expect(hand.all('closing')).toHaveLength(1)
    }
    expect(scene.requester.task(scene.requester.contract(contract).task).state).toBe('done')
  })
})
