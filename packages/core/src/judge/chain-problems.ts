import type { AgentKey, HaggleRecord, RecordId } from '@haggle/protocol'
import { BROKEN_LINK, isLink } from '../contract/chain-link.ts'

type ChainRecord = HaggleRecord<'award' | 'accept' | 'closing'>

/** One record of a chain that does not follow what the file holds of it. */
export interface ChainProblem {
  readonly record: ChainRecord
  readonly reason: string
  /** What stands where its predecessor should; empty where the link is wrong in itself. */
  readonly instead: readonly ChainRecord[]
}

/**
 * CON-11: of one author's chain, a record that follows another one by number also follows it by link. Two records with one
 * number are a fork of the chain: evidence, of which the next may name either.
 */
export function chainProblems(records: readonly HaggleRecord[]): ChainProblem[] {
  const chain = records.filter(isOfChain)
  const heldAt = new Map<string, ChainRecord[]>()
  for (const record of chain) {
    const place = placeOf(record.author, record.body.chainSeq)
    heldAt.set(place, [...(heldAt.get(place) ?? []), record])
  }
  return chain.flatMap((record) => {
    const { chainSeq, chainPrev } = record.body
    if (!isLink(record.body)) return [{ record, reason: BROKEN_LINK, instead: [] }]
    const before = heldAt.get(placeOf(record.author, chainSeq - 1))
    if (before === undefined || before.some(({ id }) => id === chainPrev)) return []
    return [{ record, reason: 'its chain link is not the record before it', instead: before }]
  })
}

/**
 * What a file leaves out to hold no broken chain. Who said one closing here and another one elsewhere must not take the contract away
 * that came after it: of the two the closing goes, on which nothing rests.
 */
export function withoutBrokenChains(records: readonly HaggleRecord[]): HaggleRecord[] {
  const out = new Set<RecordId>()
  for (const { record, instead } of chainProblems(records)) {
    const isHeldUp = record.type !== 'closing' && instead.length > 0 && instead.every(({ type }) => type === 'closing')
    for (const { id } of isHeldUp ? instead : [record]) out.add(id)
  }
  return records.filter(({ id }) => !out.has(id))
}

function placeOf(author: AgentKey, chainSeq: number): string {
  return `${author}/${chainSeq}`
}

function isOfChain(record: HaggleRecord): record is ChainRecord {
  return record.type === 'award' || record.type === 'accept' || record.type === 'closing'
}
