import { describe, expect, it } from 'vitest'
import type { LogEntry } from '@haggle/core'
import { nothing, signAs } from './bench/bench.ts'
import { codeOf, type Hand } from './bench/hand.ts'
import type { RecordId } from '@haggle/protocol'
import { ACK, DURATION, GRACE, Scene, SKILL, timers, VALUE } from './bench/scene.ts'

/** What a hand signed and wrote down since its log had this length. */
function signedSince(hand: Hand, length: number): string[] {
  return hand.log.slice(length).flatMap((entry) => {
    return entry.kind === 'record' && entry.record.author === hand.key ? [entry.record.type] : []
  })
}

/** Its log as it was copied, before it went on. */
const copyOf = (hand: Hand): LogEntry[] => [...hand.log]

/** The process that runs with the copy, when the original is gone; `log` is where it writes. */
function startCopy(scene: Scene, hand: Hand, copied: readonly LogEntry[]): { readonly since: number } {
  const other = hand === scene.requester ? scene.worker : scene.requester
  scene.bench.part(hand, other)
  const since = hand.log.length
  hand.restart(copied)
  return { since }
}

/** A copied requester whose worker was away until it called the task out again; the original had opened the contract meanwhile. */
function lapsedHereOpenedThere(): { readonly scene: Scene; readonly task: RecordId; readonly other: Hand } {
  const scene = new Scene()
  const { bench, requester } = scene
  const contract = scene.accepted()
  const { task } = requester.contract(contract)
  const copied = copyOf(requester)
  bench.pass(ACK)
  expect(requester.contract(contract).opened).toBe(true)
  startCopy(scene, requester, copied)
  const other = scene.another()
  bench.pass(timers.acceptMs + GRACE + 1)
  expect(requester.contract(contract).outcome?.end).toBe('lapsed')
  expect(requester.task(task)).toMatchObject({ generation: 2, closedAs: null })
  return { scene, task, other }
}

describe('before the first signature', () => {
  it('CON-44: a restarted party takes up a contract when the other one has supplied what it holds', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    bench.loses = () => true
    scene.deliver(contract)
    requester.restart()
    bench.loses = () => false
    bench.meet(requester, worker)
    expect(requester.contract(contract)).toMatchObject({ state: 'awaiting-review', overtaken: false })
    expect(codeOf(scene.approve(contract))).toBe('ok')
  })

  it('CON-44: a clock that has run out is not signed before the other party was asked, or passed over', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    bench.part(requester, worker)
    bench.time += DURATION + GRACE + ACK
    const length = requester.log.length
    requester.restart()
    bench.pass(4 * ACK - 1)
    expect(signedSince(requester, length)).toEqual([])
    bench.pass(1)
    expect(signedSince(requester, length)).toContain('timeout')
    expect(requester.contract(contract).outcome?.end).toBe('undecided')
  })

  it('CON-44: what was taken back meanwhile is given back when the other party has said what it holds', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.accepted()
    bench.part(requester, worker)
    requester.command({ kind: 'cancel', task: requester.contract(contract).task, reason: 'changed-my-mind' })
    const length = worker.log.length
    worker.restart()
    worker.record(requester.key, requester.newest('withdrawal'))
    expect(signedSince(worker, length)).toEqual([])
    bench.meet(requester, worker)
    expect(signedSince(worker, length)).toContain('withdraw')
    expect(worker.contract(contract).outcome?.end).toBe('withdrawn')
  })

  it('CON-41 CON-44: what an answer names was supplied before it, also when the contract ends in the same moment', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.accepted()
    bench.part(requester, worker)
    requester.command({ kind: 'cancel', task: requester.contract(contract).task, reason: 'changed-my-mind' })
    const length = worker.log.length
    requester.restart()
    worker.restart()
    worker.record(requester.key, requester.newest('withdrawal'))
    // Only the answer of the worker arrives, and not what it asks itself.
    bench.loses = ({ from }) => from === worker && !signedSince(worker, length).includes('withdraw')
    bench.meet(requester, worker)
    expect(signedSince(worker, length)).toEqual(['withdraw', 'closing'])
    // Who asks, too, waits on when an answer names what is still to come.
    expect(requester.contract(contract).outcome?.end).toBe('withdrawn')
  })

  it('CON-41: what waited unread while the other party was asked is supplied as well to one that was put back meanwhile', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    bench.part(requester, worker)
    const held = [contract, worker.newest('accept').id, requester.newest('opening').id]
    scene.deliver(contract)
    const delivery = worker.newest('deliver')
    requester.restart()
    requester.peerUp(worker.key)
    expect(codeOf(requester.record(worker.key, delivery))).toBe('entry/parked')
    requester.frame(worker.key, { kind: 'tip', contract, generation: 1, held, answer: false })
    const said = requester.last.flatMap((effect): unknown[] => {
      if (effect.kind === 'send') return effect.records.map(({ id }) => id)
      return effect.kind === 'send-frame' ? [effect.frame] : []
    })
    expect(said.slice(-2)).toMatchObject([delivery.id, { kind: 'tip', answer: true }])
  })

  it('CON-44: a party that comes and goes is not waited for again and again', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    scene.opened()
    bench.part(requester, worker)
    bench.time += DURATION + GRACE + ACK
    const length = requester.log.length
    requester.restart()
    bench.loses = () => true
    for (let passed = 0; passed < 6 * ACK; passed += ACK) {
      requester.peerUp(worker.key)
      bench.pass(ACK)
      requester.peerDown(worker.key)
    }
    expect(signedSince(requester, length)).toContain('timeout')
  })
})

describe('what an application asks for meanwhile', () => {
  it('CON-44: a cancel is asked for when the other party has said what it holds', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    scene.opened()
    const length = requester.log.length
    requester.restart()
    const task = requester.newest('award').body.task
    expect(codeOf(requester.command({ kind: 'cancel', task, reason: 'changed-my-mind' }))).toBe('ok')
    expect(signedSince(requester, length)).toEqual([])
    bench.meet(requester, worker)
    expect(signedSince(requester, length)).toContain('cancel-req')
  })

  it('CON-44: an answer is refused until the other party has said what it holds', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.delivered()
    const length = requester.log.length
    requester.restart()
    expect(codeOf(scene.approve(contract))).toBe('contract/state')
    expect(signedSince(requester, length)).toEqual([])
    bench.meet(requester, worker)
    expect(codeOf(scene.approve(contract))).toBe('ok')
  })
})

describe('a copy of the directory, after the original went on', () => {
  it('CON-45: who is shown its own closing behind the fence of its task tells its application the end', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    // Somebody else could take the task, so that it is opened again.
    scene.another()
    const contract = scene.opened()
    const copied = copyOf(worker)
    worker.command({ kind: 'withdraw', contract, reason: 'busy' })
    bench.deliver()
    bench.pass(ACK)
    expect(requester.all('reopening')).toHaveLength(1)
    const told = worker.told('withdrawn')
    startCopy(scene, worker, copied)
    bench.meet(requester, worker)
    bench.pass(120_000)
    expect(worker.contract(contract)).toMatchObject({ overtaken: true })
    expect(worker.told('withdrawn') + worker.told('undecided')).toBe(told + 1)
  })

  it('CON-45: a worker signs nothing where its requester holds a delivery that its log lacks, and says so', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    const copied = copyOf(worker)
    scene.deliver(contract)
    const { since } = startCopy(scene, worker, copied)
    bench.meet(requester, worker)

    expect(worker.told('overtaken')).toBe(1)
    expect(worker.contract(contract)).toMatchObject({ overtaken: true, state: 'awaiting-review' })
    expect(worker.requests.filter(({ kind }) => kind === 'work')).toHaveLength(1)
    expect(codeOf(worker.command({ kind: 'withdraw', contract, reason: 'busy' }))).toBe('contract/overtaken')
    scene.approve(contract)
    expect(worker.contract(contract).outcome?.end).toBe('settled')
    bench.pass(120_000)
    expect(signedSince(worker, since)).toEqual(['deliver'])
    expect(requester.contract(contract).outcome?.end).toBe('settled')
  })

  it('TIME-04 CON-45: what it signed itself is no news from the future, however far its clock was set back', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    const copied = copyOf(worker)
    scene.deliver(contract)
    bench.part(requester, worker)
    worker.wallAhead = -DURATION
    const { since } = startCopy(scene, worker, copied)
    bench.meet(requester, worker)
    bench.pass(8 * ACK)
    expect(worker.contract(contract).overtaken).toBe(true)
    expect(signedSince(worker, since)).toEqual(['deliver'])
  })

  it('CON-45: a requester signs nothing where its worker holds an approval that its log lacks', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const contract = scene.delivered()
    const copied = copyOf(requester)
    scene.approve(contract)
    const before = requester.log.length
    startCopy(scene, requester, copied)
    bench.meet(requester, worker)
    expect(requester.contract(contract)).toMatchObject({ overtaken: true, outcome: { end: 'settled' } })
    expect(requester.told('overtaken')).toBe(1)
    bench.pass(120_000)
    // What it wrote down came from the worker: the approval and the closing of the original.
    expect(signedSince(requester, before).toSorted()).toEqual(['approve', 'closing'])
    expect(requester.newest('approve').id).toBe(requester.all('approve')[0]?.id)
  })

  it('CON-45: a task whose contract was overtaken is over here, and a restart of the copy tells nothing again', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const task = scene.offer()
    scene.bid(task)
    const contract = requester.newest('award').id
    const copied = copyOf(requester)
    bench.pass(ACK)
    expect(requester.contract(contract).opened).toBe(true)
    startCopy(scene, requester, copied)
    bench.meet(requester, worker)
    expect(requester.task(task)).toMatchObject({ closedAs: 'overtaken' })
    bench.pass(120_000)
    expect(requester.all('reopening')).toEqual([])
    expect(requester.all('timeout')).toEqual([])
    const told = requester.events.length
    const log = [...copied, ...requester.log.slice(requester.log.findIndex(({ kind }) => kind === 'overtaken'))]
    requester.restart(log)
    bench.meet(requester, worker)
    bench.pass(120_000)
    expect(requester.events.slice(told).map(({ event }) => event)).toEqual([])
  })

  it('CON-45: an award that the copy took for lapsed and the original had opened takes its task off the board', () => {
    const { scene, task, other } = lapsedHereOpenedThere()
    const { bench, requester, worker } = scene
    bench.meet(requester, worker)
    expect(requester.told('overtaken')).toBe(1)
    expect(requester.task(task)).toMatchObject({ generation: 2, closedAs: 'overtaken' })
    scene.bid(task, VALUE, other, 2)
    expect(requester.all('award')).toHaveLength(1)
  })

  it('CON-45: a later generation that is under way by then goes on', () => {
    const { scene, task, other } = lapsedHereOpenedThere()
    const { bench, requester, worker } = scene
    scene.bid(task, VALUE, other, 2)
    bench.meet(requester, worker)
    expect(requester.told('overtaken')).toBe(1)
    expect(requester.task(task)).toMatchObject({ generation: 2, closedAs: null })
    bench.pass(ACK)
    expect(other.contract(requester.newest('award').id).opened).toBe(true)
  })

  it('CON-11: a link of its own chain that no honest copy can have reached does not become the last one', () => {
    const scene = new Scene(2)
    const { bench, requester, worker } = scene
    const contract = scene.opened()
    const copied = copyOf(worker)
    scene.deliver(contract)
    scene.approve(contract)
    bench.pass(ACK)
    const { body } = worker.newest('closing')
    const forged = signAs(worker.key, 'closing', { ...body, chainSeq: Number.MAX_SAFE_INTEGER, chainPrev: nothing })
    startCopy(scene, worker, copied)
    worker.record(requester.key, forged)
    bench.meet(requester, worker)
    expect(worker.newest('closing').id).toBe(forged.id)
    worker.serve(SKILL, 2)
    bench.deliver()
    scene.opened()
    expect(worker.newest('accept').body.chainSeq).toBe(2)
  })

  it('CON-46: an award that only its worker holds is not made again', () => {
    const scene = new Scene()
    const { bench, requester, worker } = scene
    const task = scene.offer({ askPrice: null })
    const copied = copyOf(requester)
    scene.bid(task)
    bench.pass(1_000)
    const first = requester.newest('award')
    bench.part(requester, worker)
    const since = requester.log.length
    requester.restart(copied)
    bench.meet(requester, worker)
    bench.pass(120_000)
    expect(requester.all('award').map(({ id }) => id)).toEqual([first.id, first.id])
    expect(signedSince(requester, since)).not.toContain('reopening')
    expect(requester.told('overtaken')).toBe(1)
    expect(requester.task(task)).toMatchObject({ closedAs: 'overtaken' })
  })
})
