import type { HaggleRecord, RecordId, Slot } from '@haggle/protocol'
import { describe, expect, it } from 'vitest'
import { leaseSlot, openingSlot } from '../src/contract/certificates.ts'
import { slotIdOf } from '../src/witness/slot.ts'
import { signAs } from './bench/bench.ts'
import { bring } from './bench/forge.ts'
import type { Hand } from './bench/hand.ts'
import { ACK, DURATION, GRACE, timers } from './bench/scene.ts'
import { WitnessedScene } from './bench/witnessed.ts'

const LEASE = timers.leaseMs
const ASK_WINDOW = 10 * LEASE
const LATE = DURATION / 4

/** From now on nothing moves between these two. */
function cut(scene: WitnessedScene): void {
  scene.bench.loses = ({ from, to }) => scene.bench.hands.includes(from) && scene.bench.hands.includes(to)
}

/** Nothing that this hand says arrives, and it hears nothing. */
function isolate(scene: WitnessedScene, hand: Hand): void {
  scene.bench.loses = ({ from, to }) => from === hand || to === hand
}

function deliverySlot(scene: WitnessedScene): Slot {
  return { entry: scene.worker.newest('accept').id, duty: 'delivery', milestone: 0, k: 0 }
}

/** The due of the first milestone. */
function dueOf(scene: WitnessedScene): number {
  return scene.award.body.at + DURATION
}

function typesOf(records: readonly HaggleRecord[]): string[] {
  return records.map(({ type }) => type)
}

describe('a contract that goes well', () => {
  it('WIT-33: shows its witnesses nothing, however long the review takes', () => {
    const scene = new WitnessedScene()
    const contract = scene.delivered()
    scene.bench.pass(2_000)
    scene.approve(contract)
    scene.bench.pass(60_000)
    expect(scene.requester.contract(contract).outcome?.end).toBe('settled')
    const { panel } = scene.award.body
    const heard = scene.bench.hands.flatMap(({ sent }) => sent.filter(({ to }) => to !== null && panel.includes(to)))
    expect(heard).toEqual([])
  })

  it('CON-13: a receipt leaves after half of ack, before the other side would push', () => {
    const scene = new WitnessedScene()
    scene.delivered()
    const before = scene.bench.time
    scene.bench.pass(ACK)
    expect(scene.requester.newest('receipt').body.at).toBe(before + ACK / 2)
  })
})

describe('a push', () => {
  it('WIT-32 WIT-33: shows the whole panel the file and the delivery last, ack after it was sent', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    cut(scene)
    scene.deliver(contract)
    scene.bench.pass(ACK - 1)
    expect(scene.shownBy(scene.worker)).toEqual([])
    scene.bench.pass(1)
    expect(typesOf(scene.shownBy(scene.worker))).toEqual(['award', 'accept', 'opening', 'heartbeat', 'deliver'])
    for (const witness of scene.award.body.panel) {
      expect(scene.worker.sent.filter(({ to, record }) => to === witness && record.type === 'deliver')).toHaveLength(1)
    }
  })

  it('WIT-33: leaves at the due when that is sooner, since G is the allowance of the witnesses', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    scene.bench.pass(dueOf(scene) - scene.bench.time - ACK / 2)
    cut(scene)
    scene.deliver(contract)
    scene.bench.pass(ACK / 2)
    expect(typesOf(scene.shownBy(scene.worker))).toContain('deliver')
  })

  it('WIT-33: is repeated every ack until a quorum has voted, and ends with due + 2G + ack', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    cut(scene)
    scene.deliver(contract)
    scene.bench.pass(3 * ACK)
    const shown = (): number => typesOf(scene.shownBy(scene.worker)).filter((type) => type === 'deliver').length
    expect(shown()).toBe(3)
    const delivery = scene.worker.newest('deliver').id
    scene.vote(deliverySlot(scene), 'timely', delivery, dueOf(scene), { to: [scene.worker], count: 2 })
    scene.bench.pass(ACK)
    expect(shown()).toBe(4)
    scene.vote(deliverySlot(scene), 'timely', delivery, dueOf(scene), { to: [scene.worker] })
    scene.bench.pass(10 * ACK)
    expect(shown()).toBe(4)
  })

  it('WIT-33: goes on after a restart, and for a review that ended the contract', () => {
    const scene = new WitnessedScene()
    const contract = scene.delivered()
    cut(scene)
    scene.approve(contract)
    expect(scene.requester.contract(contract).outcome?.end).toBe('settled')
    scene.requester.restart()
    scene.bench.pass(2 * ACK)
    expect(typesOf(scene.shownBy(scene.requester)).at(-1)).toBe('approve')
  })

  it('WIT-33: of an opening is made when its worker says nothing', () => {
    const scene = new WitnessedScene()
    scene.accepted()
    isolate(scene, scene.worker)
    scene.bench.pass(3 * ACK)
    expect(typesOf(scene.shownBy(scene.requester))).toContain('opening')
  })

  it('TIME-23: starts the clock of a review that its requester never confirmed', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    cut(scene)
    scene.deliver(contract)
    scene.bench.pass(ACK)
    expect(scene.worker.contract(contract).due).toBeNull()
    scene.vote(deliverySlot(scene), 'timely', scene.worker.newest('deliver').id, dueOf(scene), { to: [scene.worker] })
    expect(scene.worker.contract(contract).due).toBeGreaterThan(scene.bench.time)
  })

  it('a delivery that only a witness brings is fetched from that witness', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    cut(scene)
    scene.deliver(contract)
    const [witness] = scene.award.body.panel
    if (witness === undefined) throw new Error('there is a panel')
    scene.requester.record(witness, scene.worker.newest('deliver'))
    expect(scene.requester.last.find((effect) => effect.kind === 'fetch')).toMatchObject({ from: witness })
  })
})

describe('an ask', () => {
  it('WIT-35: is made from due + 2G on, once, and shown again while nothing is decided', () => {
    const scene = new WitnessedScene()
    scene.opened()
    isolate(scene, scene.worker)
    scene.bench.pass(dueOf(scene) + 2 * GRACE - scene.bench.time)
    expect(scene.requester.all('ask')).toEqual([])
    scene.bench.pass(1 + 2 * (GRACE + ACK))
    expect(scene.requester.all('ask').map(({ body }) => body.slot)).toEqual([deliverySlot(scene)])
    expect(typesOf(scene.shownBy(scene.requester)).filter((type) => type === 'ask')).toHaveLength(3)
  })

  it('WIT-35: that nobody answers ends Undecided when no vote can come any more', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    isolate(scene, scene.worker)
    scene.bench.pass(dueOf(scene) + GRACE + LATE + ASK_WINDOW - scene.bench.time)
    expect(scene.requester.all('timeout')).toEqual([])
    scene.bench.pass(ACK)
    expect(scene.requester.contract(contract).outcome).toEqual({ end: 'undecided', party: null, fault: null })
    expect(scene.requester.contract(contract).alleged).toMatchObject([{ fault: 'NO_DELIVERY' }])
  })

  it('LEASE-14: with ABSENT convicts the worker, and the task goes to whoever stands ready at once', () => {
    const scene = new WitnessedScene()
    const other = scene.rival()
    const contract = scene.opened()
    isolate(scene, scene.worker)
    // The lease is kept up, so that it is the delivery that is missed.
    scene.bench.pass(dueOf(scene) + 2 * GRACE + 1 - scene.bench.time)
    const ask = scene.requester.newest('ask')
    scene.bench.pass(GRACE)
    scene.vote(deliverySlot(scene), 'absent', ask.id, dueOf(scene), { to: [scene.requester] })
    const { outcome, alleged } = scene.requester.contract(contract)
    expect(outcome).toEqual({ end: 'breached', party: scene.worker.key, fault: 'NO_DELIVERY' })
    expect(alleged).toEqual([])
    expect(scene.requester.newest('closing').body).toMatchObject({
      slash: 1_000_000,
      outcome: { fault: 'NO_DELIVERY' },
    })
    expect(scene.requester.newest('reopening').body).toMatchObject({
      reason: 'ended',
      proof: scene.requester.newest('timeout').id,
    })
    expect(other.requests.filter(({ kind }) => kind === 'quote')).toHaveLength(2)
  })

  it('LEASE-14: with ABSENT waits for a late result while nobody else stands ready', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    isolate(scene, scene.worker)
    scene.bench.pass(dueOf(scene) + 3 * GRACE + 1 - scene.bench.time)
    scene.vote(deliverySlot(scene), 'absent', scene.requester.newest('ask').id, dueOf(scene), { to: [scene.requester] })
    expect(scene.requester.contract(contract).outcome).toBeNull()
    scene.bench.pass(dueOf(scene) + GRACE + LATE + 2 - scene.bench.time)
    expect(scene.requester.contract(contract).outcome).toMatchObject({ end: 'breached', fault: 'NO_DELIVERY' })
  })

  it('VER-04: about a review that never came counts as approved, and costs the requester a quarter', () => {
    const scene = new WitnessedScene()
    const contract = scene.delivered()
    scene.bench.pass(ACK)
    isolate(scene, scene.requester)
    const due = scene.worker.contract(contract).due ?? 0
    scene.bench.pass(due + 2 * GRACE + 1 - scene.bench.time)
    const slot: Slot = { entry: scene.worker.newest('deliver').id, duty: 'review', milestone: 0, k: 0 }
    const ask = scene.worker.newest('ask')
    expect(ask.body.slot).toEqual(slot)
    scene.bench.pass(GRACE)
    scene.vote(slot, 'absent', ask.id, due, { to: [scene.worker] })
    const { outcome } = scene.worker.contract(contract)
    expect(outcome).toEqual({ end: 'settled', party: scene.requester.key, fault: 'SILENT_REVIEW' })
    expect(scene.worker.newest('closing').body).toMatchObject({ slash: 250_000 })
  })

  it('WIT-34: is answered by the accused with what it has, to the whole panel, whatever the time', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    cut(scene)
    scene.deliver(contract)
    scene.bench.pass(dueOf(scene) + 3 * GRACE + 10 * ACK - scene.bench.time)
    const before = scene.shownBy(scene.worker).length
    const [witness] = scene.award.body.panel
    if (witness === undefined) throw new Error('there is a panel')
    scene.worker.record(witness, scene.requester.newest('ask'))
    expect(typesOf(scene.shownBy(scene.worker).slice(before)).at(-1)).toBe('deliver')
  })

  it('WIT-34 LEASE-07: is answered as well when the task has gone to a later generation', () => {
    const scene = new WitnessedScene()
    scene.rival()
    const contract = scene.opened()
    const { requester, worker, award } = scene
    worker.command({ kind: 'fail', contract, milestone: 0, code: 'exit-1', note: '' })
    scene.bench.deliver()
    scene.approve(contract)
    scene.bench.pass(ACK)
    expect(requester.all('reopening')).toHaveLength(1)
    const slot: Slot = { entry: worker.newest('failed').id, duty: 'review', milestone: 0, k: 0 }
    const { generation } = award.body
    const ask = signAs(worker.key, 'ask', { at: scene.bench.time, contract, generation, slot })
    const [witness] = award.body.panel
    if (witness === undefined) throw new Error('there is a panel')
    const before = requester.sent.length
    requester.record(witness, ask)
    const shown = requester.sent.slice(before).filter(({ to }) => to === witness)
    expect(shown.map(({ record }) => record)).toContainEqual(requester.newest('approve'))
    expect(requester.sent.slice(before).map(({ to }) => to)).not.toContain(worker)
  })

  it('TIME-26: is not made by whose clock is in doubt', () => {
    const scene = new WitnessedScene()
    scene.opened()
    isolate(scene, scene.worker)
    scene.bench.pass(1_000)
    scene.requester.wallAhead = 20_000
    scene.requester.alarm()
    expect(scene.requester.engine.clockDoubt()).not.toBeNull()
    scene.bench.pass(DURATION)
    expect(scene.requester.all('ask')).toEqual([])
  })
})

describe('a challenge', () => {
  /** Opened, then the worker falls silent; somebody else could do the task. */
  function silent(): { scene: WitnessedScene; contract: RecordId } {
    const scene = new WitnessedScene()
    scene.rival()
    const contract = scene.opened()
    isolate(scene, scene.worker)
    return { scene, contract }
  }
  const slotOf = (scene: WitnessedScene, k: number): Slot => leaseSlot({ award: scene.award }, 0, k)

  it('LEASE-13: is made after two thirds of a lease and δ without a heartbeat, three times at most', () => {
    const { scene } = silent()
    scene.bench.pass((2 * LEASE) / 3 + timers.deltaMs - 1)
    expect(scene.requester.all('challenge')).toEqual([])
    scene.bench.pass(1)
    expect(typesOf(scene.shownBy(scene.requester)).at(-1)).toBe('challenge')
    scene.bench.pass(5 * LEASE)
    expect(scene.requester.all('challenge').map(({ body }) => body.k)).toEqual([1, 2, 3])
  })

  it('LEASE-14: that the panel certifies ABSENT takes the task from the worker when its lease has ended too', () => {
    const { scene, contract } = silent()
    scene.bench.pass((2 * LEASE) / 3 + timers.deltaMs)
    const challenge = scene.requester.newest('challenge')
    scene.vote(slotOf(scene, 1), 'absent', challenge.id, scene.bench.time, { to: [scene.requester] })
    expect(scene.requester.all('reopening')).toEqual([])
    scene.bench.pass(LEASE / 3)
    expect(scene.requester.newest('reopening').body).toMatchObject({
      reason: 'certificate',
      proof: slotIdOf(contract, slotOf(scene, 1)),
    })
    expect(scene.requester.contract(contract).outcome).toMatchObject({ end: 'breached', fault: 'ABANDONED' })
    expect(scene.requester.contract(contract).alleged).toEqual([])
  })

  it('that was not answered convicts the worker by what its requester spreads and hands over, reopening included', () => {
    const { scene, contract } = silent()
    scene.bench.pass((2 * LEASE) / 3 + timers.deltaMs)
    const challenge = scene.requester.newest('challenge')
    scene.vote(slotOf(scene, 1), 'absent', challenge.id, scene.bench.time, { to: [scene.requester] })
    scene.bench.pass(LEASE / 3)
    const { engine } = scene.requester
    const held = engine.evidence().dossier(contract)
    expect(typesOf(held)).toContain('reopening')
    expect(engine.scores(scene.bench.time).because(scene.worker.key).quality.faults).toMatchObject([
      { fact: { contract, fault: 'ABANDONED', grade: 'witnessed' } },
    ])
    // Whoever stood by has heard enough of it to convict too, and when the two compare the rest of it comes.
    const [, , bystander] = scene.bench.hands
    if (bystander === undefined) throw new Error('there is a rival')
    expect(bystander.engine.scores(scene.bench.time).because(scene.worker.key).quality.faults).toHaveLength(1)
    for (const record of held) bystander.record(scene.requester.key, record)
    expect(bystander.engine.evidence().dossier(contract)).toEqual(held)
  })

  it('LEASE-14: without a certificate takes nothing: our own judgement is no ground beside a panel', () => {
    const { scene } = silent()
    scene.bench.pass(3 * LEASE)
    expect(scene.requester.all('reopening')).toEqual([])
    const challenge = scene.requester.all('challenge')[0]
    if (challenge === undefined) throw new Error('it challenged')
    scene.vote(slotOf(scene, 1), 'absent', challenge.id, scene.bench.time, { to: [scene.requester] })
    expect(scene.requester.all('reopening')).toHaveLength(1)
  })

  it('LEASE-13: is answered by a worker that lives, once, to every witness and to the requester', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    const [witness] = scene.award.body.panel
    if (witness === undefined) throw new Error('there is a panel')
    const body = { at: scene.bench.time, contract, generation: 1, milestone: 0, k: 1 }
    const challenge = signAs(scene.requester.key, 'challenge', body)
    scene.worker.record(witness, challenge)
    scene.worker.record(witness, challenge)
    expect(scene.worker.all('alive').map((alive) => alive.body.challenge)).toEqual([challenge.id])
    expect(typesOf(scene.shownBy(scene.worker)).at(-1)).toBe('alive')
    expect(scene.worker.sent.some(({ to, record }) => to === scene.requester.key && record.type === 'alive')).toBe(true)
  })

  it('LEASE-13: is answered by a worker that has delivered what it is challenged about, though its requester never said so to the panel', () => {
    const scene = new WitnessedScene()
    const contract = scene.delivered()
    const [witness] = scene.award.body.panel
    if (witness === undefined) throw new Error('there is a panel')
    const body = { at: scene.bench.time, contract, generation: 1, milestone: 0, k: 1 }
    scene.worker.record(witness, signAs(scene.requester.key, 'challenge', body))
    expect(typesOf(scene.shownBy(scene.worker)).at(-1)).toBe('alive')
  })

  it('LEASE-15: that was lost is cleared by a heartbeat that comes before the task went on', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    isolate(scene, scene.worker)
    scene.bench.pass((2 * LEASE) / 3 + timers.deltaMs)
    const challenge = scene.requester.newest('challenge')
    scene.vote(slotOf(scene, 1), 'absent', challenge.id, scene.bench.time, { to: [scene.requester] })
    scene.requester.frame(scene.worker.key, { kind: 'heartbeat', contract, generation: 1, n: 9 })
    expect(scene.requester.newest('revived').body.certificate).toBe(slotIdOf(contract, slotOf(scene, 1)))
    expect(typesOf(scene.shownBy(scene.requester)).at(-1)).toBe('revived')
    scene.rival()
    scene.bench.pass(LEASE)
    expect(scene.requester.all('reopening').map(({ body }) => body.proof)).not.toContain(
      slotIdOf(contract, slotOf(scene, 1)),
    )
  })
})

describe('votes', () => {
  it('CON-47: by somebody who is not on the panel are reported, and change nothing', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    const slot = openingSlot(scene.worker.newest('accept'))
    const names = scene.requester.newest('opening').id
    const outsider = signAs(scene.rival().key, 'vote', {
      ...{ at: scene.bench.time, contract, generation: 1, slot, verdict: 'timely', names },
      ...{ due: scene.bench.time, newest: contract },
    })
    bring(scene.requester, outsider)
    expect(scene.requester.reports.at(-1)?.violation.code).toBe('role/not-party')
  })

  it('stand in the log with the contract, and a restart knows what they certify', () => {
    const scene = new WitnessedScene()
    const contract = scene.opened()
    cut(scene)
    scene.deliver(contract)
    scene.vote(deliverySlot(scene), 'timely', scene.worker.newest('deliver').id, dueOf(scene), { to: [scene.worker] })
    const { due } = scene.worker.contract(contract)
    expect(due).not.toBeNull()
    scene.worker.restart()
    expect(scene.worker.contract(contract).due).toBe(due)
  })
})
