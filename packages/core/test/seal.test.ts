import { payloadHashOf, type PayloadHash, type RecordId } from '@haggle/protocol'
import type { JudgePorts, Seal } from '@haggle/core'
import { describe, expect, test } from 'vitest'
import { signAs } from './bench/bench.ts'
import { makeUnopenable } from './bench/hand.ts'
import { MEMBERS, Network } from './bench/network.ts'
import { ACK, DURATION, GRACE, hashOf, result, Scene } from './bench/scene.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at + 1)
const good: Seal = { sealedHash: hashOf('sealed'), keyHash: payloadHashOf(KEY) }
const noise: Seal = { sealedHash: hashOf('noise'), keyHash: payloadHashOf(KEY) }
makeUnopenable(noise.sealedHash)
/** When everything that a missed duty can lead to is over. */
const OVER = 120_000

/** A contract with a panel, whose worker has delivered under a seal. */
function delivered(network: Network, seal: Seal, revisions = 0): RecordId {
  const contract = network.opened({ revisions })
  network.worker.keys.set(seal.keyHash, KEY)
  network.worker.command({
    ...{ kind: 'deliver', contract, milestone: 0, resultHash: result, size: 1, mediaType: null, seal },
  })
  network.bench.deliver()
  return contract
}

function blame(network: Network, contract: RecordId): void {
  network.requester.command({ kind: 'reject', contract, milestone: 0, reason: 'sealed', note: 'it does not open' })
  network.bench.deliver()
}

/** What the panel says about one duty. */
function votes(network: Network, contract: RecordId, duty: string): string[] {
  return network
    .members(contract)
    .flatMap((hand) => hand.all('vote').filter(({ body }) => body.slot.duty === duty))
    .map(({ body }) => body.verdict)
}

/** What anybody says who holds the sealed bytes: the key opens them, or not. */
function holding(hash: PayloadHash, opens: boolean): JudgePorts {
  return {
    checkResult: () => ({ kind: 'unknown' }),
    payload: (asked) => (asked === hash ? new Uint8Array(97) : undefined),
    opensSeal: () => opens,
  }
}

describe('a result that goes sealed', () => {
  test('WIT-36 is opened by its requester before anybody is asked to review it, and costs the panel nothing', () => {
    const network = new Network()
    const contract = delivered(network, good)
    const [tried] = network.requester.tried
    expect(tried).toMatchObject({ sealedHash: good.sealedHash, resultHash: result, key: null })
    expect(network.requester.requests.at(-1)).toMatchObject({ kind: 'review', resultHash: result })
    network.approve(contract)
    expect(network.requester.contract(contract).outcome).toMatchObject({ end: 'settled' })
    expect(network.messages(contract)).toBe(0)
  })

  test('WIT-36 is asked for under the hash of its seal, which is given to the requester and, like its bytes, to the panel', () => {
    const network = new Network()
    const contract = delivered(network, good)
    const { engine } = network.worker
    const [member] = network.members(contract)
    if (member === undefined) throw new Error('no panel')
    expect(engine.sharesPayload(network.requester.key, good.sealedHash)).toBe(true)
    expect(engine.sharesPayload(member.key, good.sealedHash)).toBe(true)
    expect(engine.sharesPayload(member.key, result)).toBe(false)
    for (const hand of [network.requester, member]) expect(engine.sharesPayload(hand.key, good.keyHash)).toBe(false)
  })

  test('WIT-38 that its requester cannot open is rejected as sealed, and put before nobody', () => {
    const network = new Network()
    delivered(network, noise)
    expect(network.requester.newest('reject').body.reason).toBe('sealed')
    expect(network.requester.requests.filter(({ kind }) => kind === 'review')).toEqual([])
  })

  test('WIT-36 goes as it is where the terms name no panel', () => {
    const scene = new Scene()
    const contract = scene.opened()
    const answer = scene.worker.command({
      ...{ kind: 'deliver', contract, milestone: 0, resultHash: result, size: 1, mediaType: null, seal: good },
    })
    expect(answer).toMatchObject({ ok: false, refusal: 'contract/state' })
  })
})

describe('a requester that says of a good seal that it does not open', () => {
  test('VER-18 T-89 pays for it: the worker gives the key away, and the panel finds that it opens', () => {
    const network = new Network()
    const contract = delivered(network, good)
    // It hears and says nothing beside its rejection.
    network.cut(network.requester)
    blame(network, contract)
    network.worker.record(network.requester.key, network.requester.newest('reject'))
    network.bench.pass(OVER)
    expect(network.worker.newest('unseal').body.key).toEqual(KEY)
    expect(votes(network, contract, 'rework')).toEqual(Array.from({ length: MEMBERS }, () => 'timely'))
    const own = { end: 'breached', fault: 'FALSE_REJECT', party: network.requester.key }
    expect(network.worker.contract(contract).outcome).toEqual(own)
    // Without the sealed bytes it is the panel's word, with them anybody's own.
    expect(network.verdict(network.worker, contract)).toMatchObject({ ...own, grade: 'witnessed', slash: 1_000_000 })
    const shown = network.verdict(network.worker, contract, holding(good.sealedHash, true))
    expect(shown).toMatchObject({ ...own, grade: 'self-proving', slash: 1_000_000 })
    expect(network.verdict(network.worker, contract, holding(good.sealedHash, false))).toMatchObject({ fault: 'BAD' })
  })

  test('WIT-41 pays for it although it says that it holds the key, or closes the contract as it likes', () => {
    const network = new Network()
    const contract = delivered(network, good)
    network.cut(network.requester)
    blame(network, contract)
    const { requester, worker } = network
    const link = { chainSeq: requester.all('closing').length + 2, chainPrev: contract }
    worker.record(requester.key, requester.newest('reject'))
    network.bench.deliver()
    const outcome = { end: 'breached', party: worker.key, fault: 'BAD' } as const
    const head = { at: network.bench.time, contract }
    const closing = signAs(requester.key, 'closing', {
      ...{ ...head, ...link, outcome, slash: 1_000_000, evidence: [requester.newest('reject').id] },
    })
    worker.record(requester.key, closing)
    network.bench.pass(OVER)
    expect(votes(network, contract, 'rework')).toEqual(Array.from({ length: MEMBERS }, () => 'timely'))
    expect(network.verdict(worker, contract)).toMatchObject({ fault: 'FALSE_REJECT', party: requester.key })
  })

  test('WIT-39 is shown the key as well, tries it, and closes with its own fault', () => {
    const network = new Network()
    const contract = delivered(network, good)
    blame(network, contract)
    network.bench.pass(OVER)
    for (const hand of [network.requester, network.worker])
      expect(hand.contract(contract).outcome).toMatchObject({ fault: 'FALSE_REJECT', party: network.requester.key })
  })

  test('WIT-39 gets the key once, and no new revision beyond its terms', () => {
    const network = new Network()
    const contract = delivered(network, good)
    const asked = network.worker.requests.length
    blame(network, contract)
    network.bench.pass(OVER)
    expect(network.worker.all('unseal')).toHaveLength(1)
    expect(network.worker.requests.slice(asked).filter(({ kind }) => kind === 'work')).toEqual([])
    expect(network.requester.contract(contract).result?.hash).toBe(result)
  })
})

describe('a worker whose seal does not open', () => {
  test('VER-19 T-88 gives a key that opens nothing, and is convicted by its panel', () => {
    const network = new Network()
    const contract = delivered(network, noise)
    network.bench.pass(OVER)
    expect(network.worker.all('unseal')).toHaveLength(1)
    expect(votes(network, contract, 'rework')).toEqual(Array.from({ length: MEMBERS }, () => 'absent'))
    const bad = { end: 'breached', fault: 'BAD', party: network.worker.key }
    expect(network.requester.contract(contract).outcome).toEqual(bad)
    expect(network.verdict(network.requester, contract)).toMatchObject({ ...bad, grade: 'witnessed', slash: 1_000_000 })
  })

  test('VER-19 gives none, and is convicted by its panel', () => {
    const network = new Network()
    const contract = network.opened()
    network.worker.command({
      ...{ kind: 'deliver', contract, milestone: 0, resultHash: result, size: 1, mediaType: null, seal: noise },
    })
    network.bench.deliver()
    network.bench.pass(OVER)
    expect(network.worker.all('unseal')).toEqual([])
    expect(network.requester.contract(contract).outcome).toMatchObject({ fault: 'BAD', party: network.worker.key })
    expect(network.verdict(network.requester, contract)).toMatchObject({ fault: 'BAD', grade: 'witnessed' })
  })

  test('VER-19 and has closed the contract as if it had been right, convinces nobody', () => {
    const network = new Network()
    const contract = delivered(network, noise)
    network.cut(network.worker)
    network.bench.pass(DURATION + OVER)
    const verdict = network.verdict(network.requester, contract, holding(noise.sealedHash, false))
    expect(verdict).toMatchObject({ fault: 'BAD', party: network.worker.key, slash: 1_000_000 })
  })

  test('WIT-40 moves no member before it has tried the key', () => {
    const network = new Network()
    const contract = delivered(network, noise)
    network.bench.pass(ACK + GRACE)
    for (const member of network.members(contract)) {
      const rework = member.all('vote').filter(({ body }) => body.slot.duty === 'rework')
      expect(rework).toEqual([])
    }
  })
})
