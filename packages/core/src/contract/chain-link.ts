import type { HaggleRecord } from '@haggle/protocol'

/** The chain of an agent begins with this number. */
const FIRST_OF_CHAIN = 1
/** What is wrong with a link that calls itself the first and follows another, or the reverse. */
export const BROKEN_LINK = 'only the first record of a chain follows none'

/** CON-11: whether a link is one that some chain could have. Who took another could not show its contract: no file holds it. */
export function isLink({ chainSeq, chainPrev }: HaggleRecord<'award' | 'accept' | 'closing'>['body']): boolean {
  return (chainSeq === FIRST_OF_CHAIN) === (chainPrev === null)
}
