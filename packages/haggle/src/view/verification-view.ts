import { agentText, recordText, type HaggleRecord, type JsonValue } from '@haggle/protocol'
import type { ContractVerdict, Verification } from '../task-file/verify.ts'
import { verdictView } from '../task-file/outcome-view.ts'
import { showCredits, showSize } from '../cli/values.ts'
import { shortAgent } from './event-view.ts'

/** A verification for machines. */
export function verificationJson(verification: Verification): { readonly [field: string]: JsonValue } {
  switch (verification.kind) {
    case 'unreadable':
      return { valid: false, unreadable: true, reason: verification.reason }
    case 'invalid':
      return { valid: false, record: verification.record, reason: verification.reason }
    case 'valid':
      return {
        valid: true,
        network: verification.network,
        task: recordText(taskOf(verification.records)),
        records: verification.records.length,
        contracts: verification.contracts.map((each) => ({
          ...verdictView(each.verdict),
          skill: each.terms.skill,
          payload: each.shown === null ? null : { record: each.shown },
        })),
      }
  }
}

/** A verification for people. */
export function verificationText(verification: Verification): string {
  switch (verification.kind) {
    case 'unreadable':
      return `haggle: unreadable: ${verification.reason}.\n  Give a task file as "haggle hire --save" or "haggle contract export" writes it.`
    case 'invalid':
      return `haggle: invalid: record ${verification.record}: ${verification.reason}`
    case 'valid': {
      const { network, records, contracts } = verification
      const head = [
        `valid: ${records.length} records, every signature, link and order holds`,
        row('network', network),
        row('task', recordText(taskOf(records))),
      ]
      const none = contracts.length === 0 ? ['no contract: nobody was awarded'] : []
      return `${[...head, ...none, ...contracts.flatMap((each) => ['', ...contractRows(each, records)])].join('\n')}\n`
    }
  }
}

function contractRows({ verdict, terms, shown }: ContractVerdict, records: readonly HaggleRecord[]): readonly string[] {
  const { stakes } = verdict
  const acceptances = [...new Set(terms.milestones.map((milestone) => milestone.acceptance.kind))]
  return [
    `contract ${recordText(verdict.contract)} (generation ${verdict.generation})`,
    row('requester', agentText(verdict.requester)),
    row('worker', agentText(verdict.worker)),
    row('terms', `${terms.skill}, input ${showSize(terms.input.size)}, accepted by ${acceptances.join(', ')}`),
    row(
      '',
      `price ${showCredits(verdict.price)}, stakes ${showCredits(stakes.requester)} (requester) and ${showCredits(stakes.worker)} (worker)`,
    ),
    row('', `over by ${new Date(terms.endBy).toISOString()}`),
    row('entries', entryWords(verdict.contract, records)),
    ...(shown === null ? [] : [row('payload', `is what record ${shown} delivered`)]),
    ...panelRows(verdict),
    row('outcome', verdict.end ?? `open at entry ${verdict.openAt ?? 0}`),
    ...verdict.faults.map((fault) =>
      row('fault', `${fault.fault} of ${agentText(fault.party)}, ${fault.grade}, slashed ${showCredits(fault.slash)}`),
    ),
  ]
}

/** What the witnesses said: how many votes were counted, and what they certify. */
function panelRows({ panel, votes, certificates }: ContractVerdict['verdict']): readonly string[] {
  if (panel === 0) return []
  const said = certificates.map(({ slot, verdict, votes: counted }) => {
    const challenge = slot.k === 0 ? '' : `, challenge ${slot.k}`
    return row(
      'certified',
      `${slot.duty} of milestone ${slot.milestone + 1}${challenge}: ${verdict}, ${counted.length} votes`,
    )
  })
  return [row('panel', `${panel} witnesses, ${votes} votes in the file`), ...said]
}

function entryWords(contract: string, records: readonly HaggleRecord[]): string {
  return records
    .filter(
      (record) =>
        record.id === contract ||
        ('contract' in record.body && record.body.contract === contract && 'prev' in record.body),
    )
    .map((record) => `${record.type} ${shortAgent(record.author)}`)
    .join(', ')
}

function row(name: string, value: string): string {
  return `  ${(name === '' ? '' : `${name}:`).padEnd(11)}${value}`
}

function taskOf(records: readonly HaggleRecord[]): HaggleRecord['id'] {
  const [offer] = records
  // A valid file begins with its offer.
  if (offer === undefined) throw new TypeError('a valid task file holds records')
  return offer.id
}
