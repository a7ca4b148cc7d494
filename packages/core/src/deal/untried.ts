import { isOpened } from '../contract/contract.ts'
import type { Deal } from '../state.ts'

/** MKT-17: an award that was declined, that lapsed, or that was given back before it was opened: nobody tried, nobody is ruled out. */
export function isUntried({ outcome, contract }: Deal): boolean {
  switch (outcome?.end) {
    case 'declined':
    case 'lapsed':
      return true
    case 'withdrawn':
      return !isOpened(contract)
    default:
      return false
  }
}
