import * as fc from 'fast-check'
import type { HaggleRecord } from '@haggle/protocol'
import type { EntryRecord, NoteRecord } from '../src/contract/contract.ts'
import { byHash, byRequester, bySchema, Case, garbageHash, goodHash, requester, sign, worker } from './contract-case.ts'

/** One random contract: some acceptance, and a list of moves, each a choice among everything that either party could write. */
export interface RandomRun {
  readonly acceptance: number
  readonly revisions: number
  readonly milestones: number
  readonly moves: readonly number[]
  readonly ending: number
}

export const randomRun: fc.Arbitrary<RandomRun> = fc.record({
  acceptance: fc.nat(2),
  revisions: fc.nat(1),
  milestones: fc.integer({ min: 1, max: 2 }),
  moves: fc.array(fc.nat(10_000), { minLength: 1, maxLength: 14 }),
  ending: fc.nat(7),
})

/** Plays a run; `honest` leaves out second entries on one prev and forged generations. */
export function play(run: RandomRun, honest: boolean): Case {
  const acceptance = [byHash, bySchema, byRequester][run.acceptance] ?? byRequester
  const c = new Case({ acceptance, revisions: run.revisions, milestones: run.milestones })
  if (run.moves.length % 3 !== 0) c.bind()
  for (const move of run.moves) {
    const prev = honest ? c.tip : ([...c.contract.nodes.values()][move % c.contract.nodes.size]?.entry ?? c.tip)
    const candidates = writable(c, prev)
    const record = candidates[Math.floor(move / 7) % candidates.length]?.()
    if (record === undefined) continue
    if (c.step(record).kind === 'added') c.put(record)
  }
  finish(c, run.ending, honest)
  return c
}

function writable(c: Case, prev: EntryRecord): (() => EntryRecord | NoteRecord)[] {
  const accept = c.contract.entries.find((entry) => entry.type === 'accept')
  const { opening } = c.contract
  const request = c.contract.notes.find((note) => note.type === 'cancel-req')
  return [
    () => c.accept({ prev }),
    () => c.deliver(goodHash, { prev }),
    () => c.deliver(garbageHash, { prev }),
    () => c.approve({ prev }),
    () => c.approve({ prev }),
    () => c.reject('check', { prev }),
    () => c.reject('opinion', { prev }),
    () => c.failed({ prev }),
    () => c.withdraw({ prev }),
    () => c.concede({ prev }),
    () => c.decline({ prev }),
    () => c.timeout(requester, 'delivery', { prev }),
    () => c.timeout(worker, 'review', { prev }),
    () => c.receipt(prev, prev.author === worker ? requester : worker),
    () => c.cancelRequest(requester),
    ...(accept === undefined ? [] : [() => c.opening(accept)]),
    ...(opening === null ? [] : [() => c.heartbeat(opening)]),
    ...(request === undefined ? [] : [() => c.cancel(request.id, worker, { prev })]),
  ]
}

function finish(c: Case, ending: number, honest: boolean): void {
  const { stage } = c.contract
  const nobody = { end: 'undecided', party: null, fault: null } as const
  const outcome = stage.kind === 'ended' ? stage.outcome : nobody
  if (ending >= 4 && stage.kind === 'ended' && outcome.end !== 'settled') c.reopening('ended', stage.by.id)
  if (ending === 3 && !honest) {
    const reopening = c.reopening('lapsed', null)
    c.put(sign('fenced', requester, { ...c.note(), reason: 'lapsed', proof: reopening.id }))
  }
  if (ending >= 1) c.closing(requester, outcome, [c.tip.id])
  if (ending >= 2) c.closing(worker, outcome, [c.tip.id])
}

/** The same records in another order, by a list of numbers. */
export function shuffled(records: readonly HaggleRecord[], keys: readonly number[]): HaggleRecord[] {
  return records
    .map((record, index) => ({ record, key: keys[index % Math.max(keys.length, 1)] ?? 0, index }))
    .toSorted((a, b) => a.key - b.key || b.index - a.index)
    .map((each) => each.record)
}
