import type { Acceptance } from '@haggle/protocol'

/** What an acceptance says of a result. `reason` is printable ASCII. */
export type CheckAnswer =
  | { readonly kind: 'pass' }
  | { readonly kind: 'fail'; readonly reason: string }
  /** Nobody but the requester can tell, or the payload is not at hand. */
  | { readonly kind: 'unknown' }

/** Re-runs an objective acceptance on the bytes of a result; pure, bounded in steps, same answer everywhere. */
export type ResultCheck = (acceptance: Acceptance, result: Uint8Array) => CheckAnswer
