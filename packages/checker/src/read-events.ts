import type { AgentKey, RecordId } from '@haggle/protocol'
import type { StoredRow } from './history.ts'
import { agentIn, jsonOfRow, recordIn } from './row-text.ts'

/** One event as far as invariants ask for it; fields that it does not have are null. */
export interface ToldEvent {
  readonly seq: number
  readonly event: string
  readonly at: number
  readonly task: RecordId | null
  readonly contract: RecordId | null
  readonly generation: number | null
  readonly key: string | null
  readonly end: string | null
  readonly party: AgentKey | null
  readonly fault: string | null
  readonly amount: number | null
}

/** An event of a stored row, or undefined when the row is none. */
export function eventOf({ seq, bytes }: StoredRow): ToldEvent | undefined {
  const value = jsonOfRow(bytes)
  if (typeof value !== 'object' || value === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(value))
  const text = (name: string): string | null => {
    const field = fields.get(name)
    return typeof field === 'string' ? field : null
  }
  const number = (name: string): number | null => {
    const field = fields.get(name)
    return typeof field === 'number' && Number.isSafeInteger(field) ? field : null
  }
  const event = text('event')
  if (event === null) return undefined
  return {
    seq,
    event,
    at: number('at') ?? 0,
    task: recordIn(fields.get('task')) ?? null,
    contract: recordIn(fields.get('contract')) ?? null,
    generation: number('generation'),
    key: text('key'),
    end: text('end'),
    party: agentIn(fields.get('party')) ?? null,
    fault: text('fault'),
    amount: number('amount'),
  }
}
