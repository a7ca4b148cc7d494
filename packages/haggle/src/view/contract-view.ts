import type { ContractView } from '@haggle/core'
import { agentText, payloadText, recordText, type JsonValue } from '@haggle/protocol'
import { creditsText, creditsView } from './credits-view.ts'
import { printable, shortAgent, shortRecord } from './event-view.ts'
import { showCredits } from '../cli/values.ts'

/** One contract as one JSON object. */
export function contractJson(view: ContractView): { readonly [field: string]: JsonValue } {
  return {
    contract: recordText(view.contract),
    task: recordText(view.task),
    generation: view.generation,
    key: view.key,
    skill: view.skill,
    role: view.role,
    requester: agentText(view.requester),
    worker: agentText(view.worker),
    price: creditsView(view.price),
    state: view.state,
    pen: view.pen,
    due: view.due === null ? null : new Date(view.due).toISOString(),
    opened: view.opened,
    end: view.outcome?.end ?? null,
    party: view.outcome?.party == null ? null : agentText(view.outcome.party),
    fault: view.outcome?.fault ?? null,
    grade: view.outcome?.fault != null ? 'self-proving' : view.alleged.length > 0 ? 'alleged' : null,
    overtaken: view.overtaken,
    alleged: view.alleged.map(({ party, fault }) => ({ party: agentText(party), fault })),
    result:
      view.result === null
        ? null
        : { hash: payloadText(view.result.hash), size: view.result.size, mediaType: view.result.mediaType },
    failure: view.failure === null ? null : { code: view.failure.code, note: view.failure.note },
  }
}

/** One contract in one line for people. */
export function contractLine(view: ContractView): string {
  const other = view.role === 'requester' ? view.worker : view.requester
  const end = view.outcome === null ? view.state : view.outcome.end
  const alleged = view.alleged[0]
  return [
    shortRecord(view.contract),
    view.role.padEnd(9),
    printable(view.skill).padEnd(16),
    `${showCredits(view.price)} cr`.padStart(8),
    (view.role === 'requester' ? 'by ' : 'for ') + shortAgent(other),
    end +
      (view.overtaken ? ' (overtaken)' : '') +
      (view.outcome?.fault == null ? '' : ` (${view.outcome.fault})`) +
      (alleged === undefined ? '' : ` [alleged ${alleged.fault}]`),
    view.key === null ? '' : printable(view.key),
  ]
    .join('  ')
    .trimEnd()
}

/** One contract at length for people. */
export function contractText(view: ContractView): string {
  const rows: readonly (readonly [string, string])[] = [
    ['contract', recordText(view.contract)],
    ['task', `${recordText(view.task)}, generation ${view.generation}`],
    ...(view.key === null ? [] : [['key', printable(view.key)] as const]),
    ['skill', printable(view.skill)],
    ['requester', agentText(view.requester) + (view.role === 'requester' ? ' (this agent)' : '')],
    ['worker', agentText(view.worker) + (view.role === 'worker' ? ' (this agent)' : '')],
    ['price', creditsText(view.price)],
    ['state', view.pen === null ? view.state : `${view.state}, the ${view.pen} writes next`],
    ...(view.due === null ? [] : [['due', new Date(view.due).toISOString()] as const]),
    ...(view.result === null
      ? []
      : [['result', `${view.result.size} bytes, ${payloadText(view.result.hash)}`] as const]),
    ...(view.failure === null
      ? []
      : [['failure', printable(`${view.failure.code} ${view.failure.note}`).trimEnd()] as const]),
    ...(view.overtaken
      ? [['overtaken', 'another process signs with this agent’s key; this directory signs nothing more here'] as const]
      : []),
    ['outcome', view.outcome === null ? 'none yet' : outcomeText(view.outcome)],
    ...view.alleged.map(
      ({ party, fault }) => ['alleged', `${fault} of ${agentText(party)} (our own view, no proof)`] as const,
    ),
  ]
  return rows.map(([name, value]) => `${`${name}:`.padEnd(11)}${value}`).join('\n')
}

function outcomeText(outcome: NonNullable<ContractView['outcome']>): string {
  if (outcome.party === null) return outcome.end
  return `${outcome.end}, ${outcome.fault ?? 'at fault'}: ${agentText(outcome.party)} (self-proving)`
}
