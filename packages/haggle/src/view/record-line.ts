import { agentText, recordText, type HaggleRecord, type JsonValue } from '@haggle/protocol'
import { shortAgent, shortRecord } from './event-view.ts'

/** One record in one line: what it is, by whom, when; `json` is the same for machines. */
export function recordLine(record: HaggleRecord): {
  readonly text: string
  readonly json: { readonly [field: string]: JsonValue }
} {
  const at = new Date(record.body.at).toISOString()
  const seq = 'seq' in record.body && record.type !== 'advert' && record.type !== 'trace' ? record.body.seq : null
  return {
    text: `${at}  ${record.type.padEnd(10)} ${seq === null ? '   ' : `#${seq}`.padEnd(3)} by ${shortAgent(record.author)}  ${shortRecord(record.id)}`,
    json: { type: record.type, id: recordText(record.id), author: agentText(record.author), at, seq },
  }
}
