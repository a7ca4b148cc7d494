import { factsOf, judge, type EvidenceRecord, type JudgePorts } from '@haggle/core'
import { agentText, recordText, type HaggleRecord, type JsonValue, type RecordId } from '@haggle/protocol'
import { creditsText, creditsView } from './credits-view.ts'
import { printable, shortAgent, shortRecord } from './event-view.ts'

/** What evidence proves to everybody follows from its records alone. */
const withoutPayloads: JudgePorts = { checkResult: () => ({ kind: 'unknown' }), payload: () => undefined }

/** What is held of one contract as one JSON object: parties, terms, records by type, and the facts that follow from them. */
export function evidenceJson(
  contract: RecordId,
  dossier: readonly EvidenceRecord[],
): { readonly [field: string]: JsonValue } {
  const award = awardOf(dossier)
  const { credits, faults, pledges, tombstones } = factsOf(dossier, withoutPayloads)
  const types: Record<string, number> = {}
  for (const { type } of dossier) types[type] = (types[type] ?? 0) + 1
  return {
    contract: recordText(contract),
    ...(award === undefined ? {} : termsJson(award)),
    end: endOf(contract, dossier),
    records: types,
    credits: credits.map(({ from, to, amount }) => ({
      ...{ from: agentText(from), to: agentText(to), amount: creditsView(amount) },
    })),
    faults: faults.map(({ id, party, fault, grade, slash }) => ({
      ...{ id: recordText(id), party: agentText(party), fault, grade, slash: creditsView(slash) },
    })),
    pledges: pledges.map(({ party, stake, untilEpoch }) => ({
      ...{ party: agentText(party), stake: creditsView(stake), untilEpoch },
    })),
    tombstones: tombstones.map(({ party }) => agentText(party)),
  }
}

/** The same in one line for people. */
export function evidenceLine(contract: RecordId, dossier: readonly EvidenceRecord[]): string {
  const award = awardOf(dossier)
  const { credits, faults, pledges, tombstones } = factsOf(dossier, withoutPayloads)
  const proven = [
    ...credits.map(({ amount }) => `approved ${creditsText(amount)}`),
    ...faults.map(
      ({ fault, party, grade, slash }) => `${fault} of ${shortAgent(party)} (${grade}, ${creditsText(slash)})`,
    ),
    ...pledges.map(({ party, stake }) => `${creditsText(stake)} of ${shortAgent(party)} at risk`),
    ...tombstones.map(({ party }) => `${shortAgent(party)} signed two histories`),
  ]
  const parties =
    award === undefined
      ? ''
      : `${new Date(award.body.at).toISOString()}  ${shortAgent(award.author)} hired ${shortAgent(award.body.worker)}  ${printable(award.body.terms.skill)}  `
  const end = endOf(contract, dossier)
  const shown = [...(end === null ? [] : [end]), ...proven].join(', ')
  return `${shortRecord(contract)}  ${parties}${dossier.length} records: ${shown === '' ? 'nothing that counts' : shown}`
}

/** How the contract ended, as far as its records show it; of one that went well nothing is held but what the requester closed it as. */
function endOf(contract: RecordId, dossier: readonly EvidenceRecord[]): string | null {
  const requester = awardOf(dossier)?.author
  const closing = dossier.find(({ type, author }) => type === 'closing' && author === requester)
  const shown = judge(dossier, withoutPayloads).find((verdict) => verdict.contract === contract)?.end
  return shown ?? (closing?.type === 'closing' ? closing.body.outcome.end : null)
}

function awardOf(dossier: readonly EvidenceRecord[]): HaggleRecord<'award'> | undefined {
  return dossier.find((record): record is HaggleRecord<'award'> => record.type === 'award')
}

function termsJson({ author, body }: HaggleRecord<'award'>): { readonly [field: string]: JsonValue } {
  const { stakeRequester, stakeWorker } = body.terms
  return {
    at: new Date(body.at).toISOString(),
    requester: agentText(author),
    worker: agentText(body.worker),
    skill: body.terms.skill,
    stakes: { requester: creditsView(stakeRequester), worker: creditsView(stakeWorker) },
    panel: body.panel.map(agentText),
  }
}
