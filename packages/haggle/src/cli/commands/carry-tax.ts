import { recordText, type JsonValue, type RecordId } from '@haggle/protocol'
import { taskTaxText, taxJson, taxSumJson, taxText } from '../../view/tax-view.ts'
import type { AgentReader } from '../agent-reader.ts'
import { exitCode } from '../exit-code.ts'
import { writeJson, type Session } from '../session.ts'

/** `haggle tax`: what coordination cost this agent, of one task or of all. */
export async function carryTax(
  reader: AgentReader,
  id: string | null,
  json: boolean,
  session: Session,
): Promise<number> {
  const all = await reader.tax(id ?? undefined)
  if (json) {
    for (const tax of all) {
      if (session.unread.aborted) break
      await writeJson(session, taxJson(tax))
    }
    if (id === null) await writeJson(session, taxSumJson(all))
    return exitCode.ok
  }
  if (id === null) await session.write(`${taxText(all)}\n`)
  else for (const tax of all) await session.write(`${taskTaxText(tax)}\n`)
  return exitCode.ok
}

/** What a task cost so far, for an answer that is about something else: without the numbers it is an answer still. */
export async function taxOf(reader: AgentReader, task: RecordId): Promise<JsonValue> {
  const all = await reader.tax(recordText(task)).catch(() => [])
  return all[0] === undefined ? null : taxJson(all[0])
}
