import * as fc from 'fast-check'
import type { HaggleRecord, Slot, Vote } from '@haggle/protocol'
import { slotAfter } from '../src/contract/slots.ts'
import { dueOfSlot } from '../src/contract/timing.ts'
import { voteKeyOf } from '../src/witness/slot.ts'
import { byHash, byRequester, bySchema, garbageHash, goodHash, requester, worker } from './contract-case.ts'
import { PanelCase } from './panel-case.ts'

/** One random contract with a panel: a list of moves, each by somebody who may do it. */
export interface PanelRun {
  readonly acceptance: number
  readonly revisions: number
  readonly milestones: number
  readonly size: 1 | 3 | 4 | 7
  readonly bound: boolean
  readonly moves: readonly (readonly [kind: number, choice: number])[]
}

export const panelRun: fc.Arbitrary<PanelRun> = fc.record({
  acceptance: fc.nat(2),
  revisions: fc.nat(1),
  milestones: fc.integer({ min: 1, max: 2 }),
  size: fc.constantFrom(1, 3, 4, 7),
  bound: fc.integer({ min: 0, max: 9 }).map((draw) => draw > 0),
  moves: fc.array(fc.tuple(fc.nat(19), fc.nat(10_000)), { minLength: 2, maxLength: 16 }),
})

/**
 * Plays a run. Witnesses keep their word: one vote in a slot, and no TIMELY for a delivery beside an ABSENT on its lease. The parties do
 * whatever the machine lets them; `orderly` ones write on the main line only.
 */
export function playPanel(run: PanelRun, orderly: boolean): PanelCase {
  const acceptance = [byHash, bySchema, byRequester][run.acceptance] ?? byRequester
  const c = new PanelCase({ acceptance, revisions: run.revisions, milestones: run.milestones, panel: run.size })
  if (run.bound) c.bind()
  for (const [kind, choice] of run.moves) for (const record of move(c, kind, choice, orderly)) tryPut(c, record)
  return c
}

function tryPut(c: PanelCase, record: HaggleRecord | null): void {
  if (record === null) return
  if (record.type === 'vote' && !isHonest(c, record)) return
  if (record.type === 'reopening') {
    c.records.push(record)
    return
  }
  const step = c.step(record)
  if (step.kind !== 'added') return
  c.contract = step.contract
  c.records.push(record)
}

function isHonest(c: PanelCase, vote: HaggleRecord<'vote'>): boolean {
  const own = c.contract.votes.filter((known) => known.author === vote.author)
  if (own.some((known) => voteKeyOf(known) === voteKeyOf(vote))) return false
  const { slot, verdict } = vote.body
  const crosses = ({ body }: HaggleRecord<'vote'>): boolean =>
    body.slot.milestone === slot.milestone &&
    ((verdict === 'absent' && slot.duty === 'lease' && body.verdict === 'timely') ||
      (verdict === 'timely' && body.slot.duty === 'lease' && body.verdict === 'absent'))
  return !own.some(crosses)
}

function move(c: PanelCase, kind: number, choice: number, orderly: boolean): (HaggleRecord | null)[] {
  const nodes = [...c.contract.nodes.values()]
  const node = orderly ? c.contract.nodes.get(c.tip.id) : nodes[choice % nodes.length]
  const prev = node?.entry ?? c.tip
  const slot = node === undefined ? null : slotAfter(c.contract, node)
  const request = c.contract.notes.find((note) => note.type === 'cancel-req')
  switch (kind) {
    case 0:
      return [c.accept({ prev })]
    case 1:
      return [c.deliver(choice % 3 === 0 ? garbageHash : goodHash, { prev })]
    case 2:
      return [c.approve({ prev })]
    case 3:
      return [c.reject(choice % 2 === 0 ? 'check' : 'missing', { prev })]
    case 4:
      return [choice % 2 === 0 ? c.failed({ prev }) : c.withdraw({ prev })]
    case 5:
      return [c.concede({ prev }), request === undefined ? null : c.cancel(request.id, worker, { prev })]
    case 6:
      return [c.receipt(prev, prev.author === worker ? requester : worker), c.cancelRequest(requester)]
    case 7:
      return [...c.records.filter((each) => each.type === 'accept').map((accept) => c.opening(accept))]
    case 8:
      return [c.contract.opening === null ? null : c.heartbeat(c.contract.opening)]
    case 9:
    case 10:
      return slot === null ? [] : absence(c, slot, choice)
    case 11:
      return slot === null ? [] : lateness(c, slot, prev, choice)
    case 12:
    case 13:
      return pushed(c, choice)
    case 14:
      return slot === null || slot.duty === 'lease' ? [] : [timeoutOf(c, slot, prev)]
    case 15:
    case 16:
      return challenged(c, choice)
    case 17:
      return [c.revived(c.lease(1 + (choice % 3), choice % 2))]
    case 18:
      return [reopened(c, choice)]
    default:
      return slot === null || dueOfSlot(c.contract, slot) === null ? [] : [c.ask(slot)]
  }
}

/** An ask, the votes of some members, and mostly the TIMEOUT that goes with it. */
function absence(c: PanelCase, slot: Slot, choice: number): HaggleRecord[] {
  if (dueOfSlot(c.contract, slot) === null || slot.duty === 'lease' || slot.duty === 'opening') return []
  const ask = c.ask(slot)
  tryPut(c, ask)
  const prev = c.contract.nodes.get(slot.entry)?.entry ?? c.tip
  const all = c.votes(slot, 'absent', ask, { count: c.members.length })
  const timeout = timeoutOf(c, slot, prev)
  const chosen = all.filter((_, index) => choice % (index + 3) !== 0)
  return choice % 5 === 0 ? chosen : [...chosen, timeout]
}

/** A delivery that comes in the late window, beside everything that says that it did not come in time. */
function lateness(c: PanelCase, slot: Slot, prev: PanelCase['tip'], choice: number): HaggleRecord[] {
  const due = dueOfSlot(c.contract, slot)
  if (slot.duty !== 'delivery' || due === null) return []
  const delivery = c.deliver(goodHash, { prev })
  tryPut(c, delivery)
  const at = due + c.grace + (choice % 2_400)
  for (const vote of c.votes(slot, 'late', delivery, { count: c.members.length, due, at })) tryPut(c, vote)
  return absence(c, slot, choice)
}

function timeoutOf(c: PanelCase, slot: Slot, prev: PanelCase['tip']): HaggleRecord<'timeout'> {
  const duty = slot.duty === 'review' || slot.duty === 'rework' ? slot.duty : 'delivery'
  c.now = Math.max(c.now, (dueOfSlot(c.contract, slot) ?? c.now) + 4 * c.grace)
  return c.timeout(duty === 'review' ? worker : requester, duty, { prev, at: c.now })
}

/** TIMELY or LATE by some members for any entry or opening. */
function pushed(c: PanelCase, choice: number): HaggleRecord[] {
  const entries = c.contract.entries.slice(1)
  const entry = [...c.contract.nodes.values()].map((node) => node.entry)[choice % c.contract.nodes.size] ?? entries[0]
  if (entry === undefined || entry.type === 'award') return []
  const parent = c.contract.nodes.get(entry.body.prev)
  const slot = parent === undefined ? null : slotAfter(c.contract, parent)
  if (slot === null) return []
  const verdict: Vote['verdict'] = choice % 4 === 0 ? 'late' : 'timely'
  const due = dueOfSlot(c.contract, slot) ?? entry.body.at
  const at = verdict === 'late' ? due + c.grace + (choice % 2_500) : entry.body.at
  return c
    .votes(slot, verdict, entry, { count: c.members.length, due, at })
    .filter((_, index) => choice % (index + 2) !== 1)
}

function challenged(c: PanelCase, choice: number): HaggleRecord[] {
  const slot = c.lease(1 + (choice % 3), choice % 2)
  const challenge = c.challenge(slot.k, c.tick(), slot.milestone)
  tryPut(c, challenge)
  const alive = c.alive(challenge)
  if (choice % 3 === 0) tryPut(c, alive)
  const [verdict, names] = choice % 3 === 0 ? (['timely', alive] as const) : (['absent', challenge] as const)
  return c.votes(slot, verdict, names, { count: c.members.length }).filter((_, index) => choice % (index + 4) !== 0)
}

function reopened(c: PanelCase, choice: number): HaggleRecord | null {
  if (c.records.some((record) => record.type === 'reopening')) return null
  const slots = [
    c.lease(1 + (choice % 3), choice % 2),
    ...[...c.contract.nodes.values()].map((node) => slotAfter(c.contract, node)),
  ]
  const slot = slots[choice % slots.length] ?? c.lease()
  const { stage } = c.contract
  if (choice % 4 === 0 && stage.kind === 'ended') return taken(c, c.reopening('ended', stage.by.id))
  return taken(c, c.reopening('certificate', c.idOf(slot)))
}

/** The builder has put it among the records; it is put there once more by its caller. */
function taken(c: PanelCase, record: HaggleRecord): HaggleRecord {
  c.records.pop()
  return record
}
