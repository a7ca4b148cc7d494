import type { AgentKey, HaggleRecord } from '@haggle/protocol'
import { createRecord, payloadHashOf } from '@haggle/protocol'
import { orderTaskRecords } from '@haggle/core'
import { byHash, bySchema, garbageHash, type Cast, type CaseInit } from '../../core/test/contract-case.ts'
import { PanelCase } from '../../core/test/panel-case.ts'
import { signerNamed } from '../../../test/vectors/keys.ts'
import { NETWORK_NAME, networkId } from '../../../test/vectors/seal.ts'
import { sealResult, x25519Wrap, type SealedResult } from '@haggle/node/pure'
import { writeTaskFile, type HeldResult } from '../src/task-file/write.ts'

const names = ['requester', 'worker', ...Array.from({ length: 61 }, (_, index) => `witness ${index}`)]
const signers = new Map(names.map((name) => [signerNamed(name).key, signerNamed(name)]))
const [requester, worker, ...witnesses] = [...signers.keys()]

/** Agents whose keys come from fixed seeds, so that every signature verifies and is the same each time. */
const cast: Cast = {
  requester: requester ?? fail(),
  worker: worker ?? fail(),
  witnesses,
  sign(type, author: AgentKey, body) {
    const signer = signers.get(author) ?? fail()
    return createRecord(type, body, { networkId, author, sign: signer.sign })
  },
}

/** A JSON text that is no object. */
const listBytes = new TextEncoder().encode('[]')

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at)
const right = sealResult(listBytes, KEY, cast.requester, x25519Wrap) ?? fail()
const foreign = wrappedFor(cast.worker)

/** The right content under the right key, which is wrapped for somebody else. */
function wrappedFor(other: AgentKey): SealedResult {
  const bytes = right.bytes.slice()
  bytes.set((sealResult(listBytes, KEY, other, x25519Wrap) ?? fail()).bytes.subarray(0, 80))
  return { ...right, bytes, sealedHash: payloadHashOf(bytes) }
}

/** A case by the name of its vector: how it is written, and what it is about. */
export interface VerdictCase {
  readonly title: string
  readonly spec: readonly string[]
  readonly init?: CaseInit
  /** What was delivered, where the file shows it. */
  readonly sealed?: SealedResult
  readonly write: (c: PanelCase) => void
}

export const verdictCases: Readonly<Record<string, VerdictCase>> = {
  'absent-delivery': {
    title: 'nothing was delivered, and three of four witnesses say so',
    spec: ['VER-04', 'VER-06'],
    write: (c) => c.bind().miss(),
  },
  'late-delivery': {
    title: 'the worked example: a delivery that came 1,000 ms into a late window of 2,500',
    spec: ['VER-06'],
    write: (c) => {
      const { slot, tip } = c.bind()
      const due = c.due(slot)
      const delivery = c.put(c.deliver())
      c.certify(slot, 'absent', c.put(c.ask(slot)), { due })
      c.certify(slot, 'late', delivery, { due, at: due + c.grace + 999 })
      c.put(c.timeout(cast.requester, 'delivery', { prev: tip }))
    },
  },
  'timely-beside-timeout': {
    title:
      'the panel had the delivery in time: the TIMEOUT takes nothing, and the ask of one who holds nothing is no lie',
    spec: ['VER-03'],
    write: (c) => {
      const { slot, tip } = c.bind()
      const due = c.due(slot)
      const delivery = c.put(c.deliver())
      c.put(c.ask(slot))
      c.certify(slot, 'timely', delivery, { due, at: delivery.body.at + 90 })
      c.put(c.timeout(cast.requester, 'delivery', { prev: tip }))
    },
  },
  'two-of-four-absent': {
    title: 'two ABSENT votes of four are no certificate',
    spec: ['VER-04', 'VER-12'],
    write: (c) => {
      const { slot } = c.bind()
      c.certify(slot, 'absent', c.put(c.ask(slot)), { count: 2 })
      c.put(c.timeout(cast.requester, 'delivery'))
    },
  },
  'receipt-clears': {
    title: 'the requester’s receipt clears the certificate against the worker, and convicts its own later ask',
    spec: ['VER-03', 'VER-08'],
    write: (c) => {
      const { slot, tip } = c.bind()
      const delivery = c.put(c.deliver())
      c.put(c.receipt(delivery, cast.requester))
      c.certify(slot, 'absent', c.put(c.ask(slot)))
      c.put(c.timeout(cast.requester, 'delivery', { prev: tip }))
    },
  },
  'silent-review': {
    title: 'a review that never came is deemed approval, and costs the requester a quarter of its stake',
    spec: ['VER-04', 'VER-06'],
    write: (c) => {
      c.bind().put(c.receipt(c.put(c.deliver()), cast.requester))
      c.miss()
    },
  },
  'abandoned-lease': {
    title: 'a worker that answered no challenge, and the reopening that names the slot of its lease',
    spec: ['VER-05', 'VER-09'],
    write: (c) => {
      c.bind().certify(c.lease(), 'absent', c.put(c.challenge()))
      c.reopening('certificate', c.idOf(c.lease()))
    },
  },
  'revived-lease': {
    title: 'a lease that lives again clears its certificate; the reopening that names it all the same is forged',
    spec: ['VER-05', 'VER-10'],
    write: (c) => {
      c.bind().certify(c.lease(), 'absent', c.put(c.challenge()))
      c.put(c.revived(c.lease()))
      c.reopening('certificate', c.idOf(c.lease()))
    },
  },
  'rejection-stands': {
    title: 'a rejection by hash that nobody answered in the rework time',
    spec: ['VER-04'],
    init: { acceptance: byHash, revisions: 1, panel: 3 },
    write: (c) => {
      c.bind().put(c.deliver(garbageHash))
      c.put(c.receipt(c.put(c.reject()), cast.worker))
      c.miss()
    },
  },
  'bad-result': {
    title: 'a result that its schema refuses, in a contract whose panel never heard of it',
    spec: ['CON-15', 'FILE-06'],
    init: { acceptance: bySchema, panel: 1 },
    write: (c) => {
      c.bind().put(c.deliver(payloadHashOf(listBytes)))
      c.put(c.reject())
    },
  },
  'key-opens': {
    title: 'a requester says that a seal does not open, and the key in the file opens the sealed bytes beside it',
    spec: ['VER-18', 'WIT-37', 'WIT-38'],
    init: { panel: 3 },
    sealed: right,
    write: (c) => blamed(c, right).put(c.unseal(KEY)),
  },
  'key-certified': {
    title: 'the same without the sealed bytes: what the panel says of the key',
    spec: ['VER-18', 'WIT-40'],
    init: { panel: 3 },
    write: (c) => {
      const { slot } = blamed(c, right)
      const unseal = c.put(c.unseal(KEY))
      c.certify(slot, 'timely', unseal, { at: unseal.body.at + 90 })
    },
  },
  'key-opens-nothing': {
    title:
      'the key in the file opens the content, and its requester could never have had it: the wrapped key is another’s',
    spec: ['VER-18', 'WIT-38'],
    init: { panel: 3 },
    sealed: foreign,
    write: (c) => blamed(c, foreign).put(c.unseal(KEY)),
  },
  'no-key': {
    title: 'a worker whose seal is blamed gives no key, and three witnesses say so',
    spec: ['VER-19'],
    init: { panel: 3 },
    write: (c) => blamed(c, right).miss(),
  },
}

/** A sealed delivery that its requester rejects for its seal, and the worker holds that. */
function blamed(c: PanelCase, { sealedHash, keyHash }: SealedResult): PanelCase {
  c.bind()
  const seal = { sealedHash, keyHash }
  c.put(c.deliver(payloadHashOf(listBytes), { size: listBytes.length, seal }))
  c.put(c.receipt(c.put(c.reject('sealed')), cast.worker))
  return c
}

/** The task file of a case, as an agent would write it. */
export async function fileOfCase({ init, write, sealed }: VerdictCase): Promise<string> {
  const c = new PanelCase(init, cast)
  write(c)
  const records: readonly HaggleRecord[] = orderTaskRecords(c.records)
  return writeTaskFile(
    NETWORK_NAME,
    records,
    async () => held(listBytes),
    async () => held(sealed?.bytes ?? listBytes),
  )
}

function held(bytes: Uint8Array): HeldResult {
  return { hash: payloadHashOf(bytes), size: bytes.length, bytes: async () => bytes }
}

function fail(): never {
  throw new TypeError('the cast has no such agent')
}
