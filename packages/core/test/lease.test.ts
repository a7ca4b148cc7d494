import { describe, expect, it } from 'vitest'
import type { RecordId } from '@haggle/protocol'
import { signAs, type Parcel } from './bench/bench.ts'
import { codeOf, type Hand } from './bench/hand.ts'
import { ACK, DURATION, GRACE, Scene, SKILL, timers, VALUE } from './bench/scene.ts'

const LEASE = timers.leaseMs

/** From now on nothing that this hand says arrives. */
function mute(scene: Scene, hand: Hand): void {
  scene.bench.loses = (parcel: Parcel) => parcel.from === hand
}

/** Nothing that this hand says arrives, and it hears nothing. */
function isolate(scene: Scene, hand: Hand): void {
  scene.bench.loses = (parcel: Parcel) => parcel.from === hand || parcel.to === hand
}

/** An opened contract of the worker, who is then cut off while another worker stands ready; the task went on. */
function abandoned(): { scene: Scene; contract: ReturnType<Scene['opened']>; other: Hand } {
  const scene = new Scene()
  const other = scene.another()
  const contract = scene.opened()
  isolate(scene, scene.worker)
  scene.bench.pass(LEASE)
  return { scene, contract, other }
}

/** A worker that has won a task, with another in reserve, and is not heard of any more. */
function silentBesideReserve(attempts: number): { scene: Scene; task: RecordId; other: Hand } {
  const scene = new Scene()
  const other = scene.another()
  const task = scene.offer({ askPrice: null, maxBids: 2, attempts })
  scene.bid(task, VALUE / 2, other)
  scene.bid(task, VALUE / 4)
  scene.bench.pass(ACK)
  mute(scene, scene.worker)
  return { scene, task, other }
}

function heartbeats(hand: Hand): number {
  return hand.frames.filter(({ frame }) => frame.kind === 'heartbeat').length
}

function acknowledgements(hand: Hand): number {
  return hand.frames.filter(({ frame }) => frame.kind === 'heartbeat-ack').length
}

describe('heartbeats', () => {
  it('LEASE-01: the first is a signed receipt for the opening, a plain one follows every third of a lease while the worker holds the pen', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const opening = scene.requester.newest('opening')
    expect(scene.worker.newest('heartbeat').body).toMatchObject({ contract, opening: opening.id, n: 0 })
    expect(heartbeats(scene.worker)).toBe(0)
    scene.bench.pass(LEASE)
    expect(heartbeats(scene.worker)).toBe(3)
    expect(acknowledgements(scene.requester)).toBe(4)
    scene.deliver(contract)
    scene.bench.pass(LEASE)
    expect(heartbeats(scene.worker)).toBe(3)
    expect(scene.worker.all('heartbeat')).toHaveLength(1)
  })

  it('LEASE-02: the requester counts a full lease from its opening', () => {
    const scene = new Scene()
    const other = scene.another()
    scene.accepted()
    mute(scene, scene.worker)
    scene.bench.pass(ACK)
    scene.bench.pass(LEASE - 1)
    expect(scene.requester.all('reopening')).toEqual([])
    scene.bench.pass(1)
    expect(scene.requester.all('reopening')).toHaveLength(1)
    expect(other.requests.filter((request) => request.kind === 'quote')).toHaveLength(2)
  })

  it('LEASE-02: every heartbeat that arrives starts the lease anew', () => {
    const scene = new Scene()
    scene.another()
    scene.opened()
    scene.bench.pass(LEASE / 3)
    mute(scene, scene.worker)
    scene.bench.pass(LEASE - 1)
    expect(scene.requester.all('reopening')).toEqual([])
    scene.bench.pass(1)
    expect(scene.requester.all('reopening')).toHaveLength(1)
  })

  it('LEASE-02: an approval that leaves a milestone to be worked on starts a lease, whether a heartbeat follows it or not', () => {
    const scene = new Scene()
    scene.another()
    const milestones = ['m0', 'm1'].map((name) => {
      return { name, durationMs: DURATION, valuePermille: 500, acceptance: { kind: 'requester' as const } }
    })
    const contract = scene.delivered({ milestones })
    mute(scene, scene.worker)
    scene.bench.pass(ACK)
    scene.approve(contract)
    scene.bench.pass(LEASE - 1)
    expect(scene.requester.all('reopening')).toEqual([])
    scene.bench.pass(1)
    expect(scene.requester.all('reopening')).toHaveLength(1)
  })

  it('LEASE-03: a requester that restarts counts a full lease from its start', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const other = scene.another()
    scene.opened()
    mute(scene, worker)
    bench.pass(LEASE - 100)
    requester.restart()
    bench.meet(requester, other)
    bench.pass(LEASE - 1)
    expect(requester.all('reopening')).toEqual([])
    bench.pass(1)
    expect(requester.all('reopening')).toHaveLength(1)
  })

  it('LEASE-04: none that comes after the due of its milestone is acknowledged, neither a plain nor a signed one', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    const beat = { kind: 'heartbeat', contract, generation: 1, n: 7 } as const
    bench.time = requester.newest('award').body.at + DURATION
    requester.frame(worker.key, beat)
    const before = acknowledgements(requester)
    bench.time += 1
    requester.frame(worker.key, beat)
    const opening = requester.newest('opening').id
    const signed = { at: bench.time, contract, generation: 1, opening, n: 8 }
    requester.record(worker.key, signAs(worker.key, 'heartbeat', signed))
    expect(acknowledgements(requester)).toBe(before)
  })

  it('LEASE-07: a heartbeat that names another generation than its contract counts for nothing', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const before = acknowledgements(scene.requester)
    scene.requester.frame(scene.worker.key, { kind: 'heartbeat', contract, generation: 2, n: 1 })
    expect(acknowledgements(scene.requester)).toBe(before)
  })
})

describe('losing the task', () => {
  it('LEASE-05: an award that is not opened by the end of its accept window and G lapses, and the task goes elsewhere without fault', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const other = scene.another()
    const task = scene.offer({ askPrice: null, maxBids: 2 })
    scene.bid(task, VALUE / 2, other)
    bench.loses = ({ from, record }) => from === worker && record?.type === 'accept'
    scene.bid(task, VALUE / 4)
    const { id, body } = requester.newest('award')
    expect(body.worker).toBe(worker.key)
    bench.pass(timers.acceptMs + 3 + GRACE + 1)
    expect(requester.contract(id).outcome).toEqual({ end: 'lapsed', party: null, fault: null })
    expect(requester.newest('reopening').body).toMatchObject({ reason: 'lapsed', proof: null, generation: 2 })
    expect(requester.newest('award').body).toMatchObject({ worker: other.key, generation: 2 })
    expect(requester.engine.standing(worker.key)).toEqual({ settled: 0, faults: 0, quality: 300 })
  })

  it('LEASE-06: a silent worker keeps the task while nobody else stands ready, and its next heartbeat revives the lease', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    mute(scene, worker)
    bench.pass(2 * LEASE)
    expect(requester.task(requester.contract(contract).task).generation).toBe(1)
    bench.loses = () => false
    bench.pass(LEASE)
    scene.another()
    bench.pass(LEASE)
    expect(requester.all('reopening')).toEqual([])
    scene.deliver(contract)
    scene.approve(contract)
    expect(requester.contract(contract).outcome?.end).toBe('settled')
  })

  it.each([
    ['has no free slot', (_scene: Scene, other: Hand) => other.serve('work', 0)],
    ['is not connected', (scene: Scene, other: Hand) => scene.bench.part(scene.requester, other)],
    ['serves something else', (_scene: Scene, other: Hand) => other.serve('rest')],
  ])('LEASE-06: a peer that %s does not stand ready', (_why, unready) => {
    const scene = new Scene()
    const other = scene.another()
    scene.opened()
    unready(scene, other)
    scene.bench.deliver()
    mute(scene, scene.worker)
    scene.bench.pass(2 * LEASE)
    expect(scene.requester.all('reopening')).toEqual([])
  })

  it('LEASE-06: a peer that had its chance does not stand ready, and one with a valid bid does', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const other = scene.another()
    const task = scene.offer({ askPrice: null, maxBids: 2 })
    scene.bid(task, VALUE / 4, other)
    scene.bid(task, VALUE / 2)
    bench.pass(ACK)
    other.command({ kind: 'withdraw', contract: requester.newest('award').id, reason: 'tired' })
    bench.deliver()
    expect(requester.newest('award').body).toMatchObject({ worker: worker.key, generation: 2 })
    bench.pass(ACK)
    mute(scene, worker)
    bench.pass(2 * LEASE)
    expect(requester.all('reopening')).toHaveLength(1)
  })

  it('LEASE-07: a delivery, a heartbeat and a tip of an older generation land nowhere and are answered fenced', () => {
    const { scene, contract } = abandoned()
    const { bench, requester, worker } = scene
    bench.loses = ({ to }) => to === worker
    scene.deliver(contract)
    const delivery = worker.newest('deliver')
    const answers = [
      () => expect(codeOf(requester.record(worker.key, delivery))).toBe('lease/fenced'),
      () => requester.frame(worker.key, { kind: 'heartbeat', contract, generation: 1, n: 3 }),
      () => requester.frame(worker.key, { kind: 'tip', contract, generation: 1, held: [], answer: true }),
    ]
    for (const answer of answers) {
      const before = requester.sent.length
      answer()
      expect(requester.sent.slice(before).map(({ record }) => record.type)).toContain('fenced')
    }
    expect(requester.engine.records(requester.contract(contract).task)).not.toContainEqual(delivery)
    expect(requester.contract(contract).result).toBeNull()
  })

  it('LEASE-07: what somebody else shows of an older generation lands nowhere either, and its author is not bothered', () => {
    const { scene, contract } = abandoned()
    const { bench, requester, worker } = scene
    bench.loses = ({ to }) => to === worker
    scene.deliver(contract)
    const before = requester.sent.length
    expect(codeOf(requester.record(bench.hand().key, worker.newest('deliver')))).toBe('lease/fenced')
    expect(requester.sent.slice(before)).toEqual([])
  })

  it('NET-42: a flood of tips and of late heartbeats is answered eight times, then once in five seconds', () => {
    const { scene, contract } = abandoned()
    const { bench, requester, worker } = scene
    bench.loses = ({ to }) => to === worker
    const flood = (): readonly [number, number] => {
      const [fences, tips] = [count('fenced'), requester.frames.length]
      for (let n = 0; n < 20; n += 1) {
        requester.frame(worker.key, { kind: 'tip', contract, generation: 1, held: [], answer: false })
        requester.frame(worker.key, { kind: 'heartbeat', contract, generation: 1, n })
      }
      return [count('fenced') - fences, requester.frames.length - tips]
    }
    const count = (type: string): number => requester.sent.filter(({ record }) => record.type === type).length
    // Every second one is a tip, which is answered with the whole contract, its fence once more among it, and a tip.
    expect(flood()).toEqual([12, 4])
    bench.pass(5_000)
    expect(flood()).toEqual([2, 1])
    expect(flood()).toEqual([0, 0])
  })

  it('LEASE-07: a record that names another generation than its contract changes nothing and is reported', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const { requester, worker } = scene
    const { body } = requester.newest('award')
    const accept = worker.newest('accept')
    const link = { at: scene.bench.time, contract, generation: body.generation + 1, seq: 2, prev: accept.id }
    const forged = signAs(worker.key, 'failed', { ...link, milestone: 0, code: 'exit-1', note: '' })
    expect(codeOf(requester.record(worker.key, forged))).toBe('contract/state')
    expect(requester.reports.at(-1)?.violation.code).toBe('generation/old')
    expect(requester.contract(contract).state).toBe('working')
  })

  it('LEASE-08: a reserve of a connected worker is awarded at once, with the reopening that its award names', () => {
    const { scene, task, other } = silentBesideReserve(3)
    const { requester } = scene
    scene.bench.pass(LEASE)
    const reopening = requester.newest('reopening')
    const award = requester.newest('award')
    expect(award.body).toMatchObject({ worker: other.key, generation: 2, prev: reopening.id, task })
    expect(requester.sent.filter(({ to, record }) => to === null && record.type === 'reopening')).toEqual([])
    expect(other.contract(award.id).state).toBe('working')
  })

  it('LEASE-08: without a reserve the reopening is gossiped and bids are taken anew', () => {
    const { scene, other } = abandoned()
    const { requester } = scene
    const reopening = requester.newest('reopening')
    expect(requester.sent.some(({ to, record }) => to === null && record === reopening)).toBe(true)
    expect(codeOf(scene.bid(reopening.body.task, VALUE, other, 2))).toBe('ok')
    expect(requester.newest('award').body).toMatchObject({ worker: other.key, generation: 2, prev: reopening.id })
    expect(other.reports).toEqual([])
  })

  it('LEASE-08: only the owner of a task signs its generations, one reopening for each', () => {
    const { scene, other } = abandoned()
    const { requester, worker } = scene
    const { body } = requester.newest('reopening')
    scene.bid(body.task, VALUE, other, 2)
    const byAnother = signAs(worker.key, 'reopening', { ...body, generation: 3 })
    expect(codeOf(other.record(worker.key, byAnother))).toBe('task/not-ours')
    const second = signAs(requester.key, 'reopening', { ...body, reason: 'lapsed' })
    expect(codeOf(other.record(requester.key, second))).toBe('record/not-for-us')
    expect(other.reports.map(({ violation }) => violation.code)).toEqual(['role/not-owner', 'generation/forged'])
    expect(other.task(body.task).generation).toBe(2)
  })

  it('LEASE-09: declined, withdrawn and ended name the entry that shows it, lapsed and judgement name none', () => {
    const grounds = new Map<string, string | null>()
    const note = ({ requester }: Scene): void => {
      const { reason, proof, task } = requester.newest('reopening').body
      const named = requester.engine.records(task).find((record) => record.id === proof)
      grounds.set(reason, named?.type ?? null)
    }
    const declined = new Scene()
    const tasks = [declined.offer({ askPrice: null }), declined.offer({ askPrice: null })]
    for (const task of tasks) declined.bid(task)
    declined.bench.pass(timers.bidWindowMs)
    note(declined)
    const withdrawn = new Scene()
    withdrawn.another()
    withdrawn.worker.command({ kind: 'withdraw', contract: withdrawn.opened(), reason: 'tired' })
    withdrawn.bench.deliver()
    note(withdrawn)
    const ended = new Scene()
    ended.another()
    const contract = ended.opened()
    ended.worker.command({ kind: 'fail', contract, milestone: 0, code: 'exit-1', note: '' })
    ended.bench.deliver()
    ended.approve(contract)
    note(ended)
    const lapsed = new Scene()
    mute(lapsed, lapsed.worker)
    lapsed.requester.record(lapsed.worker.key, lapsedBid(lapsed))
    lapsed.bench.pass(timers.acceptMs + 3 + GRACE + 1)
    note(lapsed)
    note(abandoned().scene)
    expect(Object.fromEntries(grounds)).toEqual({
      declined: 'decline',
      withdrawn: 'withdraw',
      ended: 'approve',
      lapsed: null,
      judgement: null,
    })
  })

  it('LEASE-10: what was reopened by judgement cannot settle any more: Undecided, nobody at fault, the belief kept beside', () => {
    const { scene, contract } = abandoned()
    const { bench, requester, worker } = scene
    bench.loses = () => false
    scene.deliver(contract)
    expect(codeOf(scene.approve(contract))).toBe('contract/ended')
    const outcome = { end: 'undecided', party: null, fault: null }
    expect(requester.contract(contract)).toMatchObject({
      outcome,
      alleged: [{ party: worker.key, fault: 'ABANDONED' }],
    })
    expect(worker.contract(contract)).toMatchObject({ outcome, alleged: [] })
    expect(requester.newest('closing').body).toMatchObject({ outcome, slash: 0 })
    expect(requester.engine.standing(worker.key).quality).toBeLessThan(300)
  })

  it('MKT-17: a reopening by judgement counts the contract that it leaves behind: the last attempt goes to nobody else', () => {
    const { scene } = silentBesideReserve(1)
    const { requester } = scene
    scene.bench.pass(4 * LEASE)
    expect(requester.all('award')).toHaveLength(1)
    expect(requester.all('reopening')).toEqual([])
  })

  it('a bid that one award names in reserve is written down once, whatever awards it later', () => {
    const { scene } = silentBesideReserve(3)
    const { requester } = scene
    scene.bench.pass(LEASE)
    expect(requester.all('award')).toHaveLength(2)
    const bids = requester.log.flatMap((entry) =>
      entry.kind === 'record' && entry.record.type === 'bid' ? [entry.record.id] : [],
    )
    expect(bids).toHaveLength(2)
    expect(new Set(bids).size).toBe(2)
  })

  it('LEASE-11: fenced is written once, stored, and sent with the reopening that proves it', () => {
    const { scene, contract } = abandoned()
    const { bench, requester, worker } = scene
    bench.loses = ({ to }) => to === worker
    scene.deliver(contract)
    requester.restart()
    requester.peerUp(worker.key)
    const before = requester.sent.length
    requester.record(worker.key, worker.newest('deliver'))
    const proof = requester.newest('reopening')
    expect(requester.sent.slice(before).map(({ record }) => record)).toEqual([proof, requester.newest('fenced')])
    expect(requester.all('fenced')).toHaveLength(1)
    expect(requester.newest('fenced').body).toMatchObject({ contract, proof: proof.id, reason: 'judgement' })
  })

  it('LEASE-11: without its proof a fence is silence, with it the worker stops', () => {
    const { scene, contract } = abandoned()
    const { bench, requester, worker } = scene
    bench.loses = ({ record, from }) => record?.type === 'reopening' || from === worker
    requester.frame(worker.key, { kind: 'heartbeat', contract, generation: 1, n: 3 })
    bench.deliver()
    expect(worker.contract(contract).outcome).toBeNull()
    bench.loses = () => false
    requester.frame(worker.key, { kind: 'heartbeat', contract, generation: 1, n: 4 })
    bench.deliver()
    expect(worker.contract(contract).outcome?.end).toBe('undecided')
    expect(worker.requests.at(-1)).toMatchObject({ kind: 'stop', contract, why: 'fenced' })
    expect(worker.told('fenced')).toBe(1)
  })

  it('LEASE-12: a bid whose award was declined is not awarded again; its worker has to bid anew', () => {
    const scene = new Scene(2)
    const { bench, requester, worker } = scene
    // Both tasks have a bid of the worker before either has an award.
    const [one, two] = [scene.offer({ askPrice: null }), scene.offer({ askPrice: null })]
    worker.serve(SKILL, 1)
    scene.bid(one)
    scene.bid(two)
    bench.pass(timers.bidWindowMs + ACK)
    const declined = requester.all('award').find(({ id }) => requester.contract(id).outcome?.end === 'declined')
    if (declined === undefined) throw new Error('neither award was declined')
    bench.pass(2_000)
    expect(requester.task(declined.body.task)).toMatchObject({ generation: 2, closedAs: null })
    expect(requester.all('award')).toHaveLength(2)
    const [done] = requester.all('award').filter(({ id }) => id !== declined.id)
    scene.deliver(done?.id ?? declined.id)
    scene.approve(done?.id ?? declined.id)
    scene.bid(declined.body.task, VALUE, worker, 2)
    expect(requester.newest('award').body).toMatchObject({ task: declined.body.task, generation: 2 })
  })
})

/** A bid of a worker that is heard of no more. */
function lapsedBid(scene: Scene): ReturnType<typeof signAs<'bid'>> {
  const task = scene.offer()
  return signAs(scene.worker.key, 'bid', {
    at: scene.bench.time,
    task,
    generation: 1,
    price: VALUE,
    etaMs: 1,
    validUntil: scene.bench.time + 60_000,
    firm: false,
    leaseMs: null,
    nonce: new Uint8Array(16),
    counter: null,
  })
}
