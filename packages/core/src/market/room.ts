import { limits, type Terms } from '@haggle/protocol'

/**
 * Whether a contract under these terms can hold every entry that they allow: award, accept, a delivery and an answer for
 * every revision of every milestone, and one last word. In a full contract nobody could say that a clock ran out.
 */
export function fitsOneContract({ milestones, revisions }: Pick<Terms, 'milestones' | 'revisions'>): boolean {
  return 3 + milestones.length * 2 * (revisions + 1) <= limits.entriesPerContract
}
