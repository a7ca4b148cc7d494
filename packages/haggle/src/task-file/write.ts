import { judge } from '@haggle/core'
import { resultCheck } from '@haggle/node/pure'
import {
  agentText,
  limits,
  payloadText,
  protocolParams,
  recordText,
  recordView,
  type HaggleRecord,
  type PayloadHash,
} from '@haggle/protocol'
import { toString } from 'uint8arrays'
import { outcomeView } from './outcome-view.ts'
import { TASK_FILE_VERSION } from './parse.ts'

/** A delivered result, where it is held. */
export interface HeldResult {
  readonly hash: PayloadHash
  readonly size: number
  bytes(): Promise<Uint8Array>
}

/**
 * The text of a task file: the records of one task in their order, small results that a schema judges, and what `judge`
 * says. `resultOf` gives the result of a contract by its text id, and may reject where none is held.
 */
export async function writeTaskFile(
  network: string,
  records: readonly HaggleRecord[],
  resultOf: (contract: string) => Promise<HeldResult>,
): Promise<string> {
  const payloads = await judgedPayloads(records, resultOf)
  const verdicts = judge(records, { checkResult: resultCheck, payload: (hash) => payloads.get(hash) })
  const file = {
    haggle: TASK_FILE_VERSION,
    network: { name: network, params: protocolParams },
    records: records.map((record) => ({
      type: record.type,
      id: recordText(record.id),
      author: agentText(record.author),
      bytes: toString(record.bytes, 'base64url'),
      signature: toString(record.signature, 'base64url'),
      view: recordView(record),
    })),
    ...(payloads.size === 0
      ? {}
      : {
          payloads: [...payloads].map(([hash, bytes]) => ({
            hash: payloadText(hash),
            bytes: toString(bytes, 'base64url'),
          })),
        }),
    outcome: verdicts.map((verdict) => outcomeView(verdict)),
  }
  return `${JSON.stringify(file, null, 1)}\n`
}

/** FILE-06: with the result beside it, a schema can be judged by anybody; large results are shown with `--payload`. */
async function judgedPayloads(
  records: readonly HaggleRecord[],
  resultOf: (contract: string) => Promise<HeldResult>,
): Promise<ReadonlyMap<PayloadHash, Uint8Array>> {
  const payloads = new Map<PayloadHash, Uint8Array>()
  for (const award of records) {
    if (award.type !== 'award') continue
    const delivery = records.findLast((record) => record.type === 'deliver' && record.body.contract === award.id)
    if (delivery?.type !== 'deliver' || delivery.body.size > limits.inlineBytes) continue
    if (award.body.terms.milestones[delivery.body.milestone]?.acceptance.kind !== 'schema') continue
    // A result that is not held here is left out: the file is valid without it and proves less.
    const result = await resultOf(recordText(award.id)).catch(() => undefined)
    if (result?.hash === delivery.body.resultHash) payloads.set(result.hash, await result.bytes())
  }
  return payloads
}
