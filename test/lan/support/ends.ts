import { expect } from 'vitest'
import { until } from '../../process/support/limit.ts'
import type { ContractShown, VerdictShown } from '../../process/support/shown.ts'
import type { Host } from './host.ts'

/** The end of one contract, as one side sees it. */
export interface EndSeen {
  readonly generation: number
  readonly end: string | null
}

/** Expects that no contract that both sides know ended in two ways: a side may still wait, or not know. */
export async function notConflicting(desk: Host, shop: Host, key: string): Promise<void> {
  for (const [ours, theirs] of await common(desk, shop, key)) {
    if (ours.end !== null && theirs.end !== null) expect(endOf(theirs)).toEqual(endOf(ours))
  }
}

/** Waits until both sides say the same of every contract that both know, and their files too; returns the ends. */
export async function agreeing(desk: Host, shop: Host, key: string): Promise<readonly EndSeen[]> {
  const pairs = await until(`one end of ${key} on both sides`, async () => {
    const found = await common(desk, shop, key)
    const same = found.every(([ours, theirs]) => ours.end !== null && ours.end === theirs.end)
    return same && found.length > 0 ? found : undefined
  })
  for (const [ours, theirs] of pairs) expect(endOf(theirs)).toEqual(endOf(ours))
  for (const [{ contract }] of pairs) {
    const [ours, theirs] = await Promise.all([desk.stage.verify('me', contract), shop.stage.verify('shout', contract)])
    const endIn = (file: typeof ours) => file.contracts.filter((each) => each.contract === contract).map(endOf)
    expect(endIn(theirs)).toEqual(endIn(ours))
  }
  return pairs.map(([{ generation, end }]) => ({ generation, end }))
}

/** The contracts of a job that both sides hold, each as the requester and as the worker show it. */
async function common(
  desk: Host,
  shop: Host,
  key: string,
): Promise<readonly (readonly [ContractShown, ContractShown])[]> {
  const [ours, theirs] = await Promise.all([desk.stage.contracts('me'), shop.stage.contracts('shout')])
  const mine = ours.filter((each) => each.key === key)
  return mine.flatMap((own) => {
    const other = theirs.find(({ contract }) => contract === own.contract)
    return other === undefined ? [] : [[own, other] as const]
  })
}

// What a side alleges and what it shows for the end are its own; what happened must be the same on both.
function endOf({ end, party, fault }: ContractShown | VerdictShown): Pick<ContractShown, 'end' | 'party' | 'fault'> {
  return { end, party, fault }
}
