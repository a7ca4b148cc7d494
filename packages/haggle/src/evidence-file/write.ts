import { agentText, protocolParams, recordText, type HaggleRecord } from '@haggle/protocol'
import { toString } from 'uint8arrays'

/** The form of evidence files that this code writes and reads. */
export const EVIDENCE_FILE_VERSION = 1

/**
 * The lines of an evidence file: what it is of, then one record on each line, in the order given. Awards come before what is said of
 * their contracts if whoever reads it should not have to keep it waiting.
 */
export function* evidenceLines(network: string, records: Iterable<HaggleRecord>): Generator<string, void, undefined> {
  const head = { haggle: EVIDENCE_FILE_VERSION, file: 'evidence', network: { name: network, params: protocolParams } }
  yield JSON.stringify(head)
  for (const record of records) {
    yield JSON.stringify({
      type: record.type,
      id: recordText(record.id),
      author: agentText(record.author),
      bytes: toString(record.bytes, 'base64url'),
      signature: toString(record.signature, 'base64url'),
    })
  }
}
