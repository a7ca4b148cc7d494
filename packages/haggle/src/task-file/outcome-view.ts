import type { CertificateView, Fault, Verdict } from '@haggle/core'
import { agentText, recordText, type JsonValue } from '@haggle/protocol'
import { creditsView } from '../view/credits-view.ts'

/** What a task file says of one contract's end: `judge`'s word, which anybody can compute again. */
export function outcomeView(verdict: Verdict): { readonly [field: string]: JsonValue } {
  return {
    contract: recordText(verdict.contract),
    generation: verdict.generation,
    end: verdict.end,
    party: verdict.party === null ? null : agentText(verdict.party),
    fault: verdict.fault,
    grade: verdict.grade,
    slash: creditsView(verdict.slash),
    openAt: verdict.openAt,
  }
}

/** A whole verdict for machines. */
export function verdictView(verdict: Verdict): { readonly [field: string]: JsonValue } {
  return {
    ...outcomeView(verdict),
    task: recordText(verdict.task),
    requester: agentText(verdict.requester),
    worker: agentText(verdict.worker),
    price: creditsView(verdict.price),
    stakes: { requester: creditsView(verdict.stakes.requester), worker: creditsView(verdict.stakes.worker) },
    milestonesApproved: verdict.milestonesApproved,
    panel: verdict.panel,
    votes: verdict.votes,
    certificates: verdict.certificates.map(certificateView),
    faults: verdict.faults.map(faultView),
    evidence: verdict.evidence.map((id) => recordText(id)),
  }
}

function faultView(fault: Fault): { readonly [field: string]: JsonValue } {
  return {
    id: fault.id,
    party: agentText(fault.party),
    fault: fault.fault,
    grade: fault.grade,
    milestone: fault.milestone,
    slash: creditsView(fault.slash),
    evidence: fault.evidence.map((id) => recordText(id)),
  }
}

function certificateView(certificate: CertificateView): { readonly [field: string]: JsonValue } {
  const { slotId, slot, verdict, at, due, votes } = certificate
  return {
    slot: slotId,
    duty: slot.duty,
    milestone: slot.milestone,
    entry: recordText(slot.entry),
    k: slot.k,
    verdict,
    at,
    due,
    votes: votes.map((id) => recordText(id)),
  }
}
