import { randomFillSync } from 'node:crypto'
import type { Entropy } from '@haggle/ports'

/** Random bytes of the operating system. */
export function systemEntropy(): Entropy {
  return { bytes: (length) => randomFillSync(new Uint8Array(length)) }
}
