import { createHash } from 'node:crypto'
import type { EngineMemory, Handled } from '@haggle/core'
import { written, type WrittenValue } from './value-text.ts'

/** Digits of a hash in a flight record: 128 bits. */
const DIGITS = 32

/** What the chain of effects begins with. */
export const FIRST_LINK = '0'.repeat(DIGITS)

/**
 * The hash of all that an engine remembers: SHA-256 over its memory as it is written down, records by their bytes and signatures,
 * maps and sets in their own order, since that order decides what the engine does next.
 */
export function stateHash(memory: EngineMemory): string {
  return hashOf(written(memory))
}

/** The same of a memory that is written down already. */
export function hashOf(value: WrittenValue): string {
  return digest(JSON.stringify(value))
}

/** The chain over answers and effects: equal links mean that everything up to here was answered and done alike. */
export function nextLink(link: string, { answer, effects }: Handled): string {
  return digest(link + JSON.stringify(written({ answer, effects })))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS)
}
