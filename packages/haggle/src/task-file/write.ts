import { judge } from '@haggle/core'
import type { Agent } from '@haggle/node'
import { isSealOf, resultCheck, x25519Wrap } from '@haggle/node/pure'
import {
  agentText,
  bounds,
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
 * says. `resultOf` gives the result of a contract by its text id, and may reject where none is held; `sealedOf` likewise what was handed
 * over in its place where that went sealed: with the key beside it anybody can see whether it could be opened.
 */
export async function writeTaskFile(
  network: string,
  records: readonly HaggleRecord[],
  resultOf: (contract: string) => Promise<HeldResult>,
  sealedOf?: (contract: string) => Promise<HeldResult>,
): Promise<string> {
  const payloads = new Map([...(await judgedPayloads(records, resultOf)), ...(await seals(records, sealedOf))])
  const verdicts = judge(records, {
    ...{ checkResult: resultCheck, opensSeal: isSealOf(x25519Wrap) },
    payload: (hash) => payloads.get(hash),
  })
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

/** The task file of these records with what an agent holds beside them. */
export function taskFileOf(
  agent: Pick<Agent, 'network' | 'result' | 'sealed'>,
  records: readonly HaggleRecord[],
): Promise<string> {
  return writeTaskFile(
    agent.network,
    records,
    (contract) => agent.result(contract),
    (contract) => agent.sealed(contract),
  )
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

/** FILE-06: the seals whose keys were given away. */
async function seals(
  records: readonly HaggleRecord[],
  sealedOf?: (contract: string) => Promise<HeldResult>,
): Promise<ReadonlyMap<PayloadHash, Uint8Array>> {
  const payloads = new Map<PayloadHash, Uint8Array>()
  for (const record of records) {
    if (record.type !== 'unseal') continue
    const rejection = records.find(({ id }) => id === record.body.prev)
    const delivery = records.find(({ id }) => rejection?.type === 'reject' && id === rejection.body.prev)
    if (delivery?.type !== 'deliver' || delivery.body.size > bounds.panelBytes) continue
    const sealed = await sealedOf?.(recordText(record.body.contract)).catch(() => undefined)
    if (sealed?.hash === delivery.body.sealedHash) payloads.set(sealed.hash, await sealed.bytes())
  }
  return payloads
}
