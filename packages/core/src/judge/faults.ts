import type { AgentKey, FaultCode, HaggleRecord, MicroCredits, Outcome, RecordId, Slot } from '@haggle/protocol'
import { afterTimeout, type Convicting } from '../contract/certified-end.ts'
import { certificateOf } from '../contract/certificates.ts'
import { hasPanel, type Contract, type EntryNode, type EntryRecord } from '../contract/contract.ts'
import { checkByHash, provesFalsehood, rankOf, type CheckWord } from '../contract/ends.ts'
import { milestoneStake, silenceSlash, slashOfMissed, stakeOf, withdrawalSlash } from '../contract/slash.ts'
import { slotAfter } from '../contract/slots.ts'
import type { Certificate } from '../witness/certificate.ts'
import type { Claim } from './claims.ts'
import { falseAsks } from './false-asks.ts'
import { faultIdOf } from './fault-id.ts'
import type { Forgery } from './forged-generation.ts'
import type { Fault, Grade, JudgePorts } from './verdict.ts'

/** The check of a delivery run again: by its hash, or on its bytes where the file holds them. */
export function recheck(
  contract: Contract,
  ports: JudgePorts,
  delivery: HaggleRecord<'deliver'>,
  by: EntryRecord | null = null,
): CheckWord {
  if (by?.type === 'unseal') return trySeal(contract, ports, delivery, by).word
  const milestone = contract.award.body.terms.milestones[delivery.body.milestone]
  if (milestone === undefined) return 'unknown'
  if (milestone.acceptance.kind === 'hash') return checkByHash(milestone, delivery)
  if (milestone.acceptance.kind !== 'schema') return 'unknown'
  const bytes = ports.payload(delivery.body.resultHash)
  return bytes === undefined ? 'unknown' : ports.checkResult(milestone.acceptance, bytes).kind
}

/** VER-18: whether the key opens the seal: by its bytes where the file holds them, else by the word of a panel that has tried it. */
export function trySeal(
  contract: Contract,
  { payload, opensSeal }: JudgePorts,
  { body }: HaggleRecord<'deliver'>,
  unseal: HaggleRecord<'unseal'>,
): { readonly word: CheckWord; readonly grade: Grade } {
  const bytes = body.sealedHash === null ? undefined : payload(body.sealedHash)
  if (bytes !== undefined && opensSeal !== undefined) {
    const { resultHash, size } = body
    const isRight = opensSeal(bytes, { key: unseal.body.key, to: contract.requester, resultHash, size })
    return { word: isRight ? 'pass' : 'fail', grade: 'self-proving' }
  }
  return { word: timelyKey(contract, unseal) === null ? 'unknown' : 'pass', grade: 'witnessed' }
}

/** The certificate by which members who tried a key say that it came in time. */
function timelyKey(contract: Contract, unseal: HaggleRecord<'unseal'>): Certificate | null {
  const node = contract.nodes.get(unseal.body.prev)
  const slot = node === undefined ? null : slotAfter(contract, node)
  const timely = slot === null ? [] : (certificateOf(contract, slot)?.timely ?? [])
  return timely.find(({ names }) => names === unseal.id) ?? null
}

/** CON-36: the faults that signatures prove whatever the end is: forks, false rejections, false asks, false closings. */
export function selfProvingFaults(
  contract: Contract,
  ports: JudgePorts,
  awardForks: readonly RecordId[],
  closings: readonly HaggleRecord<'closing'>[],
): Fault[] {
  const { requester } = contract
  const faults: Fault[] = []
  for (const fork of contract.forks) {
    const { prev } = fork.body
    const all = [...contract.nodes.values()].filter(
      ({ entry }) => entry.author === fork.author && entry.body.prev === prev,
    )
    faults.push(whole(contract, fork.author, 'FORK', all.map(({ entry }) => entry.id).toSorted()))
  }
  if (awardForks.length > 0) faults.push(whole(contract, requester, 'FORK', awardForks))
  for (const { entry } of contract.nodes.values()) {
    if (entry.type !== 'reject' || !provesFalsehood(entry.body.reason)) continue
    const answer = contract.nodes.get(entry.body.prev)?.entry
    if (answer?.type !== 'deliver' || recheck(contract, ports, answer) !== 'pass') continue
    faults.push(whole(contract, requester, 'FALSE_REJECT', [answer.id, entry.id]))
  }
  for (const { ask, against } of falseAsks(contract))
    faults.push(whole(contract, ask.author, 'FALSE_ASK', [against, ask.id]))
  for (const closing of closings) {
    const against = contradiction(contract, closing)
    if (against !== null) faults.push(whole(contract, closing.author, 'SIGNED_BREACH', [closing.id, against]))
  }
  return faults
}

/** A forged generation: by signatures alone, or beside what the panel certified. */
export function forgeryFault(contract: Contract, { id, grade }: Forgery): Fault {
  return { ...whole(contract, contract.requester, 'FORGED_GENERATION', [id]), grade }
}

/** CON-37: a closing names as evidence an end by signature that stands above the end it claims. */
function contradiction(contract: Contract, closing: HaggleRecord<'closing'>): RecordId | null {
  for (const id of closing.body.evidence) {
    const stage = contract.nodes.get(id)?.stage
    if (stage?.kind !== 'ended' || !bySignature(stage.outcome)) continue
    if (rankOf(stage.outcome) > rankOf(closing.body.outcome)) return id
  }
  return null
}

function bySignature(outcome: Outcome): boolean {
  return outcome.fault === 'CONCEDE' || ['withdrawn', 'cancelled', 'failed', 'settled'].includes(outcome.end)
}

/** The fault that an end itself names, or null. */
export function faultOfEnd(contract: Contract, { outcome, by, missed, grade = 'self-proving' }: Claim): Fault | null {
  const { party, fault } = outcome
  if (party === null || fault === null) return null
  if (missed !== null) return missedFault(contract, outcome, by, missed)
  const evidence = by === null ? [] : [by.id]
  const milestone = by !== null && 'milestone' in by.body ? by.body.milestone : 0
  if (fault === 'BAD' || fault === 'CONCEDE') {
    const prev = by?.type === 'reject' || by?.type === 'concede' || by?.type === 'unseal' ? [by.body.prev] : []
    const id = faultIdOf(contract.award.id, party, slotBreached(contract, by))
    const slash = milestoneStake(contract, milestone)
    return { id, party, fault, milestone, slash, grade: 'self-proving', evidence: [...prev, ...evidence] }
  }
  if (fault === 'WITHDRAW' && by?.type === 'withdraw') {
    const id = faultIdOf(contract.award.id, party, slotBreached(contract, by))
    return { id, party, fault, milestone, slash: withdrawalSlash(contract, by), grade: 'self-proving', evidence }
  }
  if (by?.type === 'unseal') return { ...whole(contract, party, fault, unsealedBy(contract, by)), grade }
  return whole(contract, party, fault, evidence)
}

/** What shows that a seal could have been opened: the rejection, the key, and the votes of whoever tried it. */
function unsealedBy(contract: Contract, unseal: HaggleRecord<'unseal'>): RecordId[] {
  const votes = timelyKey(contract, unseal)?.votes ?? []
  return [unseal.body.prev, unseal.id, ...votes].toSorted()
}

/** The slot whose duty an entry breached: that of the bad delivery, or the one that its author took the pen for. */
function slotBreached(contract: Contract, by: HaggleRecord | null): Slot | null {
  if (by === null || !('prev' in by.body)) return null
  const given = contract.nodes.get(by.body.prev)
  const bad = by.type === 'reject' ? given?.entry : undefined
  const node = bad === undefined ? given : bad.type === 'award' ? undefined : contract.nodes.get(bad.body.prev)
  return node === undefined ? null : slotAfter(contract, node)
}

/** VER-06: a fault that a certificate proves. */
function missedFault(contract: Contract, outcome: Outcome, by: HaggleRecord | null, missed: Convicting): Fault | null {
  const { party, fault } = outcome
  if (party === null || fault === null) return null
  const { slot } = missed
  const rejection = by?.type === 'timeout' && slot.duty === 'rework' ? [slot.entry] : []
  const evidence = [...(by === null ? [] : [by.id]), ...rejection, ...certified(contract, missed)]
  // A false rejection takes the whole stake of its author, however it came to its end.
  if (fault === 'FALSE_REJECT') return whole(contract, party, fault, evidence)
  return {
    id: faultIdOf(contract.award.id, party, slot),
    ...{ party, fault, milestone: slot.milestone, grade: 'witnessed', evidence: [...new Set(evidence)].toSorted() },
    slash: slashOfFault(contract, fault, missed),
  }
}

function slashOfFault(contract: Contract, fault: FaultCode, missed: Convicting): MicroCredits {
  if (fault === 'SILENT_REVIEW') return silenceSlash(contract)
  // A rejection that stands is BAD, whenever the answer to it came.
  return fault === 'BAD'
    ? milestoneStake(contract, missed.slot.milestone)
    : slashOfMissed(contract, missed.slot.milestone, missed)
}

/** The votes of a certificate and the records that they name. */
function certified(contract: Contract, missed: Convicting): RecordId[] {
  const votes = new Set([...missed.absent.votes, ...(missed.kind === 'late' ? missed.late.votes : [])])
  const named = contract.votes.filter(({ id }) => votes.has(id)).map(({ body }) => body.names)
  return [...votes, ...named]
}

/** VER-04: silent reviews that lie on the way to the end, or to the tip while there is none. An approval of the same delivery drops them. */
export function silentReviews(contract: Contract, end: Claim | null): Fault[] {
  if (!hasPanel(contract)) return []
  const faults: Fault[] = []
  for (const node of contract.nodes.values()) {
    const { entry } = node
    if (entry.type !== 'timeout' || entry.body.duty !== 'review' || !liesBefore(contract, entry, end)) continue
    const after = afterTimeout(contract, node)
    if (after.kind !== 'true' || isApproved(contract, entry.body.prev)) continue
    const outcome: Outcome = { end: 'undecided', party: contract.requester, fault: 'SILENT_REVIEW' }
    const fault = missedFault(contract, outcome, entry, after.missed)
    if (fault !== null) faults.push(fault)
  }
  return faults
}

function liesBefore(contract: Contract, timeout: HaggleRecord<'timeout'>, end: Claim | null): boolean {
  const ending = end === null || end.by === null ? undefined : contract.nodes.get(end.by.id)
  if (ending === undefined) return contract.entries.some(({ id }) => id === timeout.id)
  let node: EntryNode | undefined = ending
  while (node !== undefined && node.entry.type !== 'award' && node.entry.id !== timeout.id)
    node = contract.nodes.get(node.entry.body.prev)
  return node?.entry.id === timeout.id
}

function isApproved(contract: Contract, delivery: RecordId): boolean {
  for (const { entry } of contract.nodes.values())
    if (entry.type === 'approve' && entry.body.prev === delivery) return true
  return false
}

function whole(contract: Contract, party: AgentKey, fault: FaultCode, evidence: readonly RecordId[]): Fault {
  const id = faultIdOf(contract.award.id, party, null)
  return { id, party, fault, milestone: null, slash: stakeOf(contract, party), grade: 'self-proving', evidence }
}

/**
 * CON-38: of several faults the largest per (milestone, party) counts, and no party loses more than its stake. A fault on
 * the whole contract takes the whole stake, so beside it the same party's others cost nothing more.
 */
export function countingFaults(contract: Contract, faults: readonly Fault[]): Fault[] {
  const largest = new Map<string, Fault>()
  for (const fault of faults.toSorted(compare)) {
    const key = `${fault.party}/${fault.milestone ?? 'contract'}`
    const known = largest.get(key)
    if (known === undefined || fault.slash > known.slash) largest.set(key, fault)
  }
  const left = new Map<AgentKey, number>()
  return [...largest.values()]
    .toSorted((a, b) => b.slash - a.slash || compare(a, b))
    .map((fault) => {
      const rest = left.get(fault.party) ?? stakeOf(contract, fault.party)
      const slash = Math.min(fault.slash, rest)
      left.set(fault.party, rest - slash)
      return { ...fault, slash }
    })
    .toSorted(compare)
}

function compare(a: Fault, b: Fault): number {
  if (a.party !== b.party) return a.party < b.party ? -1 : 1
  if (a.milestone !== b.milestone) return (a.milestone ?? -1) - (b.milestone ?? -1)
  if (a.fault !== b.fault) return a.fault < b.fault ? -1 : 1
  return a.evidence.join() < b.evidence.join() ? -1 : 1
}
